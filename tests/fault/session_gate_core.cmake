# The session and the gate's core, with memory that runs out.

rtmkit_unit_test(fault.session.scenarios
    SOURCES session_scenarios.c "${PROJECT_SOURCE_DIR}/tests/support/session_world.c"
    LINKS rtmi_session rtmkit_support rtmkit_alloc_fail)

if(TARGET gate_core)
    rtmkit_unit_test(fault.gate_core.shard
        SOURCES gate_core_shard.c "${PROJECT_SOURCE_DIR}/tests/support/gate_world.c"
        LINKS gate_core gate_ops gate_store gate_bus rtmi_rtm rtmkit_support rtmkit_alloc_fail)
    rtmkit_unit_test(fault.gate_core.files
        SOURCES gate_core_files.c "${PROJECT_SOURCE_DIR}/tests/support/gate_world.c"
                "${PROJECT_SOURCE_DIR}/tests/support/held_files.c"
        LINKS gate_core gate_ops gate_store gate_bus rtmi_rtm rtmkit_support rtmkit_alloc_fail)
    rtmkit_unit_test(fault.gate_ops.directory
        SOURCES gate_ops_directory.c "${PROJECT_SOURCE_DIR}/tests/support/gate_world.c"
        LINKS gate_core gate_ops gate_store gate_bus rtmi_rtm rtmkit_support rtmkit_alloc_fail)
endif()
