# gate/core and gate/ops, with a store and a bus in memory.

if(NOT TARGET gate_core OR NOT CMOCKA_FOUND)
    return()
endif()

foreach(subject directory fanout listeners metrics mids ordered params quota times)
    rtmkit_unit_test(unit.gate_core.${subject}
        SOURCES gate_core_${subject}.c
        LINKS gate_core gate_store gate_bus rtmi_rtm rtmkit_support rtmkit_alloc_fail)
endforeach()
target_sources(unit.gate_core.params PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/odd_values.c")

foreach(subject ahead limits log pings reload shard shard_feed shard_vectors who)
    if(EXISTS "${CMAKE_CURRENT_LIST_DIR}/gate_core_${subject}.c")
        rtmkit_unit_test(unit.gate_core.${subject}
            SOURCES gate_core_${subject}.c "${PROJECT_SOURCE_DIR}/tests/support/gate_world.c"
            LINKS gate_core gate_ops gate_store gate_bus rtmi_rtm rtmkit_support rtmkit_alloc_fail)
    endif()
endforeach()

rtmkit_unit_test(unit.gate_ops.file_attrs
    SOURCES gate_ops_file_attrs.c
    LINKS gate_core gate_ops gate_store gate_bus rtmi_rtm rtmkit_support)

rtmkit_unit_test(unit.gate_core.files
    SOURCES gate_core_files.c "${PROJECT_SOURCE_DIR}/tests/support/gate_world.c"
            "${PROJECT_SOURCE_DIR}/tests/support/held_files.c"
    LINKS gate_core gate_ops gate_store gate_bus rtmi_rtm rtmkit_support rtmkit_alloc_fail)

rtmkit_unit_test(unit.gate_core.secure
    SOURCES gate_core_secure.c "${PROJECT_SOURCE_DIR}/tests/support/gate_world.c"
            "${PROJECT_SOURCE_DIR}/tests/support/held_files.c"
            "${PROJECT_SOURCE_DIR}/tests/support/encryption_vectors.c"
    LINKS gate_core gate_ops gate_store gate_bus rtmi_rtm rtmkit_support rtmkit_alloc_fail)

foreach(subject admit history hostile runs senders sessions)
    rtmkit_unit_test(unit.gate_core.${subject}
        SOURCES gate_core_${subject}.c "${PROJECT_SOURCE_DIR}/tests/support/gate_world.c"
            "${PROJECT_SOURCE_DIR}/tests/support/gate_words.c"
        LINKS gate_core gate_ops gate_store gate_bus rtmi_rtm rtmkit_support rtmkit_alloc_fail)
endforeach()

# A shard's thread, over sockets.
rtmkit_unit_test(unit.gate_io.loop
    SOURCES gate_io_loop.c "${PROJECT_SOURCE_DIR}/gate/io/loop.c" "${PROJECT_SOURCE_DIR}/gate/io/tcp.c"
            "${PROJECT_SOURCE_DIR}/gate/io/tls.c" "${PROJECT_SOURCE_DIR}/gate/io/admission.c"
            "${PROJECT_SOURCE_DIR}/tests/support/gate_world.c"
    LINKS gate_core gate_ops gate_store gate_bus rtmi_rtm rtmkit_support OpenSSL::SSL
          Threads::Threads)
