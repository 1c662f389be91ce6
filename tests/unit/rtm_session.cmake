# lib/rtm and lib/session.

foreach(subject sign md5 codes message message_quick message_encode)
    if(EXISTS "${CMAKE_CURRENT_LIST_DIR}/rtm_${subject}.c")
        rtmkit_unit_test(unit.rtm.${subject}
            SOURCES rtm_${subject}.c
            LINKS rtmi_rtm rtmkit_support rtmkit_alloc_fail)
    endif()
endforeach()
target_sources(unit.rtm.message_quick PRIVATE "${PROJECT_SOURCE_DIR}/tests/support/odd_values.c")

foreach(subject calls listen push receipts pauses gaps dedup listen_set no_alloc reads)
    if(EXISTS "${CMAKE_CURRENT_LIST_DIR}/session_${subject}.c")
        rtmkit_unit_test(unit.session.${subject}
            SOURCES session_${subject}.c "${PROJECT_SOURCE_DIR}/tests/support/session_world.c"
            LINKS rtmi_session rtmkit_support rtmkit_alloc_fail)
    endif()
endforeach()

rtmkit_unit_test(unit.session.secure
    SOURCES session_secure.c LINKS rtmi_session rtmkit_support rtmkit_alloc_fail)
