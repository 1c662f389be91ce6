# Unit tests of lib/net, lib/client, and of the waits between attempts to connect.

foreach(module socket poller resolver memory)
    rtmkit_unit_test(unit.net.${module}
        SOURCES net_${module}.c
        LINKS rtmi_net)
endforeach()

rtmkit_unit_test(unit.session.backoff
    SOURCES session_backoff.c
    LINKS rtmi_session)

rtmkit_unit_test(unit.client.value
    SOURCES client_value.c
    LINKS rtmi_client rtmkit_support rtmkit_alloc_fail m)

rtmkit_unit_test(unit.client.dial
    SOURCES client_dial.c
    LINKS rtmi_client)
