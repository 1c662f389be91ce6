# gate/core and gate/ops, with a store and a bus in memory.

foreach(subject fanout mids listeners log shard shard_vectors)
    if(EXISTS "${CMAKE_CURRENT_LIST_DIR}/gate_core_${subject}.c" AND TARGET gate_core)
        rtmkit_unit_test(unit.gate_core.${subject}
            SOURCES gate_core_${subject}.c "${PROJECT_SOURCE_DIR}/tests/support/gate_world.c"
            LINKS gate_core gate_ops gate_store gate_bus rtmi_rtm rtmkit_support rtmkit_alloc_fail)
    endif()
endforeach()
