# The gate as a program, and its manual against its table of settings.

rtmkit_pytest(integration.gate.rtmd FILE tests/integration/test_rtmd.py TIMEOUT 300)

rtmkit_pytest(integration.gate.admin FILE tests/integration/test_admin.py TIMEOUT 300)
rtmkit_pytest(integration.gate.reload FILE tests/integration/test_reload.py TIMEOUT 300)
rtmkit_pytest(integration.gate.limits FILE tests/integration/test_limits.py TIMEOUT 300)

# The same on PostgreSQL.
if(RTMKIT_POSTGRES)
    foreach(subject rtmd admin reload limits files)
        rtmkit_pytest(integration.gate.${subject}_postgres
            FILE tests/integration/test_${subject}.py TIMEOUT 600)
        if(TEST integration.gate.${subject}_postgres)
            set_property(TEST integration.gate.${subject}_postgres APPEND PROPERTY
                ENVIRONMENT "RTMKIT_TEST_STORE=postgres")
        endif()
    endforeach()
    rtmkit_pytest(integration.gate.methods_postgres
        FILE tests/integration/test_methods_postgres.py TIMEOUT 600)
endif()

rtmkit_pytest(integration.gate.store_command FILE tests/integration/test_store_command.py
    TIMEOUT 300)
rtmkit_pytest(integration.gate.files FILE tests/integration/test_files.py TIMEOUT 300)

rtmkit_lint(conf_man "${RTMKIT_PYTHON}" "${PROJECT_SOURCE_DIR}/tools/check_conf_man"
    --rtmd "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/rtmd")

rtmkit_lint(methods_page "${RTMKIT_PYTHON}" "${PROJECT_SOURCE_DIR}/tools/gen_methods"
    --rtmd "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/rtmd" --check)
