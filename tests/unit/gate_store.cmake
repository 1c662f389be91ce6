# The store and the bus: unit tests, and what happens when disk, memory or process fail.
set(fault "${CMAKE_CURRENT_SOURCE_DIR}/../fault")
set(store_batches "${CMAKE_CURRENT_SOURCE_DIR}/../support/store_batches.c"
    "${CMAKE_CURRENT_SOURCE_DIR}/../support/store_questions.c")
set(store_cases store_cases.c store_cases_entries.c store_cases_index.c store_cases_model.c)

rtmkit_unit_test(unit.store.codec
    SOURCES store_codec.c ${store_batches}
    LINKS gate_store rtmkit_support)
rtmkit_unit_test(unit.store.index_block
    SOURCES store_index_block.c ${store_batches}
    LINKS gate_store rtmkit_support)
rtmkit_unit_test(unit.store.memory
    SOURCES store_memory.c ${store_cases} ${store_batches}
    LINKS gate_store rtmkit_alloc_fail)
rtmkit_unit_test(unit.store.sqlite
    SOURCES store_sqlite.c ${store_cases} ${store_batches}
    LINKS gate_store)
rtmkit_unit_test(unit.store.sqlite_schema
    SOURCES store_sqlite_schema.c ${store_batches}
        "${fault}/store_v1.c"
    LINKS gate_store)
rtmkit_unit_test(unit.bus.local
    SOURCES bus_local.c
    LINKS gate_bus rtmkit_alloc_fail Threads::Threads)

rtmkit_unit_test(fault.store.kill
    SOURCES "${fault}/store_kill.c" ${store_batches}
    LINKS gate_store)
rtmkit_unit_test(fault.store.io
    SOURCES "${fault}/store_io.c" "${fault}/fault_vfs.c" ${store_batches}
    LINKS gate_store)
rtmkit_unit_test(fault.store.alloc
    SOURCES "${fault}/store_alloc.c" ${store_batches}
    LINKS gate_store rtmkit_alloc_fail)
rtmkit_unit_test(fault.store.migrate
    SOURCES "${fault}/store_migrate.c" "${fault}/fault_vfs.c" ${store_batches}
        "${fault}/store_v1.c"
    LINKS gate_store)
