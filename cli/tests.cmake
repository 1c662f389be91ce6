# Unit tests of the pure parts of the command line; included by tests/CMakeLists.txt.
set(cli "${PROJECT_SOURCE_DIR}/cli")

rtmkit_unit_test(unit.cli.json
    SOURCES "${PROJECT_SOURCE_DIR}/tests/unit/cli_json.c"
        "${cli}/json_write.c" "${cli}/json_read.c" "${cli}/utf8.c" "${cli}/buffer.c" "${cli}/digits.c"
        "${cli}/memory.c" "${cli}/number.c")

rtmkit_unit_test(unit.cli.words
    SOURCES "${PROJECT_SOURCE_DIR}/tests/unit/cli_words.c"
        "${cli}/ids.c" "${cli}/number.c" "${cli}/visible.c" "${cli}/base64.c" "${cli}/utf8.c"
        "${cli}/buffer.c" "${cli}/digits.c" "${cli}/memory.c")

rtmkit_unit_test(unit.cli.send_record
    SOURCES "${PROJECT_SOURCE_DIR}/tests/unit/cli_send_record.c"
        "${cli}/send_record.c" "${cli}/send_lines.c" "${cli}/json_read.c" "${cli}/base64.c"
        "${cli}/utf8.c" "${cli}/buffer.c" "${cli}/digits.c" "${cli}/memory.c" "${cli}/number.c")

rtmkit_pytest(integration.security FILE tests/integration/test_security.py)
foreach(subject listen send connection who)
    rtmkit_pytest(integration.cli.${subject} FILE tests/integration/test_cli_${subject}.py)
endforeach()
rtmkit_pytest(integration.cli.gate FILE tests/integration/test_cli.py)
rtmkit_pytest(integration.demo FILE tests/integration/test_demo.py)
