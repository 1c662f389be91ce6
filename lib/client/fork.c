/*
 * A child process must not touch what it has inherited: descriptors are shared with the parent.
 * A counter that each fork() raises in the child tells the two apart without a system call.
 */
#include "lib/client/client_impl.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static atomic_uint generation;
static atomic_bool is_ready;
static bool has_fork_handler;

static void in_child(void)
{
    atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
}

unsigned rtmi_fork_generation(void)
{
    return atomic_load_explicit(&generation, memory_order_relaxed);
}

int rtmi_process_init(void)
{
    int r = 0;

    if (atomic_load(&is_ready))
        return 0;
    (void)pthread_mutex_lock(&lock);
    if (!has_fork_handler) {
        if (pthread_atfork(NULL, NULL, in_child) == 0)
            has_fork_handler = true;
        else
            r = RTM_E_NOMEM;
    }
    if (r == 0 && !atomic_load(&is_ready)) {
        r = rtmi_resolver_init_library();
        atomic_store(&is_ready, r == 0);
    }
    (void)pthread_mutex_unlock(&lock);
    return r;
}
