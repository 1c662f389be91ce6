# The store and the bus: unit tests, and what happens when disk, memory or process fail.
set(fault "${CMAKE_CURRENT_SOURCE_DIR}/../fault")
set(store_batches "${CMAKE_CURRENT_SOURCE_DIR}/../support/store_batches.c")

rtmkit_unit_test(unit.store.codec
    SOURCES store_codec.c "${store_batches}"
    LINKS gate_store rtmkit_support)
rtmkit_unit_test(unit.store.memory
    SOURCES store_memory.c store_cases.c "${store_batches}"
    LINKS gate_store rtmkit_alloc_fail)
rtmkit_unit_test(unit.store.sqlite
    SOURCES store_sqlite.c store_cases.c "${store_batches}"
    LINKS gate_store)
rtmkit_unit_test(unit.store.files
    SOURCES store_files.c
    LINKS gate_store rtmi_base)
rtmkit_unit_test(unit.bus.local
    SOURCES bus_local.c
    LINKS gate_bus rtmkit_alloc_fail Threads::Threads)

rtmkit_unit_test(fault.store.kill
    SOURCES "${fault}/store_kill.c" "${store_batches}"
    LINKS gate_store)
rtmkit_unit_test(fault.store.io
    SOURCES "${fault}/store_io.c" "${fault}/fault_vfs.c" "${store_batches}"
    LINKS gate_store)
rtmkit_unit_test(fault.store.alloc
    SOURCES "${fault}/store_alloc.c" "${store_batches}"
    LINKS gate_store rtmkit_alloc_fail)
