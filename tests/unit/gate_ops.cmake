# The methods of gate/ops, with a store and a bus in memory; one program a family.

if(NOT TARGET gate_ops OR NOT CMOCKA_FOUND)
    return()
endif()

foreach(family group room ban info friend data)
    rtmkit_unit_test(unit.gate_ops.${family}
        SOURCES gate_ops_${family}.c "${PROJECT_SOURCE_DIR}/tests/support/gate_world.c"
            "${PROJECT_SOURCE_DIR}/tests/support/gate_words.c"
        LINKS gate_core gate_ops gate_store gate_bus rtmi_rtm rtmkit_support rtmkit_alloc_fail)
endforeach()
