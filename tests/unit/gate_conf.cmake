# Settings of the gate, and who may connect to it.

rtmkit_unit_test(unit.gate.conf
    SOURCES gate_conf.c
    LINKS gate_conf rtmi_fpnn rtmi_base rtmkit_support)

rtmkit_unit_test(unit.gate.conf_change
    SOURCES gate_conf_change.c
    LINKS gate_conf rtmi_fpnn rtmi_base)

rtmkit_unit_test(unit.gate.log_lines
    SOURCES gate_log_lines.c
    LINKS gate_conf rtmi_fpnn rtmi_base)

rtmkit_unit_test(unit.gate.admission
    SOURCES gate_admission.c "${PROJECT_SOURCE_DIR}/gate/io/admission.c"
    LINKS rtmi_base Threads::Threads)
