/*
 * A store by its name, as the settings give it.
 */
#include "gate/store/name.h"
#include "gate/store/parts.h"

#include <string.h>

int store_open(const char *name, const store_options *options, store **ret_store, char *reterr_text,
               size_t text_size)
{
    const char *path = store_name_path(name);

    if (strcmp(name, "memory:") == 0)
        return store_open_memory(options, ret_store, reterr_text, text_size);
    if (path != NULL)
        return store_open_sqlite(path, options, ret_store, reterr_text, text_size);
    if (store_name_conninfo(name) != NULL) {
#ifdef RTMKIT_POSTGRES
        return store_open_postgres(store_name_conninfo(name), options, ret_store, reterr_text,
                                   text_size);
#else
        store_text_set(reterr_text, text_size, "this program was built without PostgreSQL");
        return -1;
#endif
    }
    store_text_set(reterr_text, text_size, "no such kind of store");
    return -1;
}
