# The store and the bus: unit tests, and what happens when disk, memory or process fail.
set(fault "${CMAKE_CURRENT_SOURCE_DIR}/../fault")
set(store_batches "${CMAKE_CURRENT_SOURCE_DIR}/../support/store_batches.c"
    "${CMAKE_CURRENT_SOURCE_DIR}/../support/store_questions.c")
set(store_folder "${CMAKE_CURRENT_SOURCE_DIR}/../support/store_folder.c")
set(store_cases store_cases.c store_cases_entries.c store_cases_index.c store_cases_model.c)

rtmkit_unit_test(unit.store.codec
    SOURCES store_codec.c ${store_batches}
    LINKS gate_store rtmkit_support)

rtmkit_unit_test(unit.store.run_split
    SOURCES store_run_split.c ${store_batches}
    LINKS gate_store rtmkit_support)
rtmkit_unit_test(unit.store.recent
    SOURCES store_recent.c
    LINKS gate_store rtmkit_alloc_fail)
rtmkit_unit_test(unit.store.index_block
    SOURCES store_index_block.c ${store_batches}
    LINKS gate_store rtmkit_support)
rtmkit_unit_test(unit.store.name
    SOURCES store_name.c
    LINKS gate_store_name)
rtmkit_unit_test(unit.store.memory
    SOURCES store_memory.c ${store_cases} ${store_batches}
    LINKS gate_store rtmkit_alloc_fail)
rtmkit_unit_test(unit.store.sqlite
    SOURCES store_sqlite.c ${store_cases} ${store_batches}
    LINKS gate_store)
rtmkit_unit_test(unit.store.sqlite_schema
    SOURCES store_sqlite_schema.c ${store_batches} ${store_folder}
        "${fault}/store_v1.c"
    LINKS gate_store)
rtmkit_unit_test(unit.store.tools
    SOURCES store_tools.c ${store_batches}
    LINKS gate_store)
rtmkit_unit_test(unit.store.files
    SOURCES store_files.c
    LINKS gate_store rtmi_base)
rtmkit_unit_test(unit.bus.local
    SOURCES bus_local.c
    LINKS gate_bus rtmkit_alloc_fail Threads::Threads)

rtmkit_unit_test(fault.store.files
    SOURCES "${fault}/files_syscalls.c"
    LINKS gate_store rtmi_base)
if(TARGET fault.store.files)
    foreach(call openat write fsync mkdirat renameat linkat dup fstat fstatat unlinkat)
        target_link_options(fault.store.files PRIVATE -Wl,--wrap=${call})
    endforeach()
endif()
rtmkit_unit_test(fault.store.kill
    SOURCES "${fault}/store_kill.c" ${store_batches}
    LINKS gate_store)
rtmkit_unit_test(fault.store.io
    SOURCES "${fault}/store_io.c" "${fault}/fault_vfs.c" ${store_batches} ${store_folder}
    LINKS gate_store)
rtmkit_unit_test(fault.store.alloc
    SOURCES "${fault}/store_alloc.c" ${store_batches} ${store_folder}
    LINKS gate_store rtmkit_alloc_fail)
rtmkit_unit_test(fault.store.migrate
    SOURCES "${fault}/store_migrate.c" "${fault}/fault_vfs.c" ${store_batches} ${store_folder}
        "${fault}/store_v1.c"
    LINKS gate_store)

# PostgreSQL: a private server of Debian's package. Without one they cannot run, and say so.
if(RTMKIT_POSTGRES)
    set(support "${CMAKE_CURRENT_SOURCE_DIR}/../support")
    rtmkit_unit_test(unit.store.postgres
        SOURCES store_postgres.c ${store_cases} ${store_batches}
            "${support}/postgres_server.c" "${support}/postgres_proxy.c"
        LINKS gate_store TIMEOUT 600)
    rtmkit_unit_test(fault.store.postgres_kill
        SOURCES "${fault}/store_kill.c" ${store_batches} "${support}/postgres_server.c"
        LINKS gate_store TIMEOUT 600)
    rtmkit_unit_test(unit.store.postgres_tools
        SOURCES store_tools.c ${store_batches} "${support}/postgres_server.c"
        LINKS gate_store TIMEOUT 600)
    foreach(name unit.store.postgres unit.store.postgres_tools fault.store.postgres_kill)
        if(TARGET ${name})
            set_tests_properties(${name} PROPERTIES SKIP_RETURN_CODE 77)
        endif()
    endforeach()
    if(TARGET fault.store.postgres_kill)
        target_compile_definitions(fault.store.postgres_kill PRIVATE STORE_KILL_POSTGRES)
        target_compile_definitions(unit.store.postgres_tools PRIVATE STORE_TOOLS_POSTGRES)
    endif()
endif()
