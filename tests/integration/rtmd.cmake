# The gate as a program, and its manual against its table of settings.

rtmkit_pytest(integration.gate.rtmd FILE tests/integration/test_rtmd.py TIMEOUT 300)

rtmkit_lint(conf_man "${RTMKIT_PYTHON}" "${PROJECT_SOURCE_DIR}/tools/check_conf_man"
    --rtmd "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/rtmd")

rtmkit_lint(methods_page "${RTMKIT_PYTHON}" "${PROJECT_SOURCE_DIR}/tools/gen_methods"
    --rtmd "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/rtmd" --check)
