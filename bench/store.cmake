# What the log costs a record.
rtmkit_bench(store SOURCES store.c LINKS gate_store)
