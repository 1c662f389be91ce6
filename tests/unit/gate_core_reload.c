/*
 * Another configuration for running shards: limits and secrets hold at once, projects come and
 * go, nothing that is under way is lost, and the old configuration is let go of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gate/core/reload.h"
#include "lib/rtm/codes.h"
#include "tests/support/gate_world.h"

#define NEW_PID 90000003

typedef struct next {
    gate_config config;
    gate_project projects[3];
    gate_project_live live;
    size_t done;
} next;

static next *fresh;

static void on_done(config_update *update, void *userdata)
{
    (void)update;
    ((next *)userdata)->done++;
}

static int open_world(void **state)
{
    gate_world *w = gate_world_new(2);

    w->config.project_cap = 3;
    assert_true(gate_world_open(w));
    fresh = calloc(1, sizeof *fresh);
    assert_non_null(fresh);
    *state = w;
    return 0;
}

static int close_world(void **state)
{
    gate_world_free(*state);
    free(fresh);
    return 0;
}

/* As the world has it, to be changed. */
static void copy_config(const gate_world *w)
{
    fresh->config = w->config;
    fresh->config.projects = fresh->projects;
    memcpy(fresh->projects, w->config.projects, w->config.project_count * sizeof(gate_project));
}

static config_update *make_update(void)
{
    config_update *update = config_update_new(&fresh->config, on_done, fresh);

    assert_non_null(update);
    return update;
}

/* Send it and let it arrive. */
static void take_up(gate_world *w, config_update *update)
{
    config_update_send(update);
    gate_turns(w);
    assert_int_equal(fresh->done, 1);
    config_update_free(update);
}

static void set_secret(gate_project *project, const char *secret, const char *old)
{
    project->secret_len = strlen(secret);
    memcpy(project->secret, secret, project->secret_len + 1);
    project->secret_old_len = strlen(old);
    memcpy(project->secret_old, old, project->secret_old_len + 1);
}

static void a_secret_is_rotated_under_open_connections(void **state)
{
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 0);
    gate_peer *other = gate_connect(w, 1);

    assert_int_equal(gate_call(peer, "addlisten"), 0);
    assert_int_equal(gate_call(other, "addlisten"), 0);
    copy_config(w);
    set_secret(&fresh->projects[0], "the-new-one", GATE_SECRET);
    take_up(w, make_update());
    memset(w->projects, 0x55, sizeof w->projects); /* nobody looks at the old ones */
    assert_int_equal(gate_call(peer, "addlisten"), 0);
    w->secret = "the-new-one";
    assert_int_equal(gate_call(peer, "addlisten"), 0);
    assert_int_equal(gate_call(other, "addlisten"), 0);
    w->secret = GATE_SECRET_OLD;
    assert_int_equal(gate_call(other, "addlisten"), RTMI_RC_INVALID_PID_OR_SIGN);
    assert_true(peer->conn != NULL && other->conn != NULL);
}

static void limits_hold_at_once(void **state)
{
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 1);

    gate_value(w, "gids", "[1,2,3]");
    assert_int_equal(gate_call(peer, "addlisten"), 0);
    copy_config(w);
    fresh->config.max_listen_ids = 3;
    fresh->config.exclude_own = true;
    take_up(w, make_update());
    gate_value(w, "gids", "[4]");
    assert_int_equal(gate_call(peer, "addlisten"), RTMI_RC_TOO_MANY_ITEMS);
    gate_message(w, 1, "gid", 1, 5, "x");
    assert_int_equal(gate_call(peer, "sendgroupmsg"), 0);
    assert_string_equal(gate_mids(peer), "");
}

static void an_added_project_is_served_and_logged(void **state)
{
    gate_world *w = *state;
    char text[200];

    w->pid = NEW_PID;
    w->secret = "third";
    gate_peer *early = gate_connect(w, 0);
    assert_int_equal(gate_call(early, "addlisten"), RTMI_RC_INVALID_PID_OR_UID);

    copy_config(w);
    fresh->projects[2] = (gate_project){.pid = NEW_PID, .owner = 1, .live = &fresh->live};
    set_secret(&fresh->projects[2], "third", "");
    fresh->config.project_count = 3;
    assert_int_equal(w->config.store->ops->open_project(w->config.store, NEW_PID, 77,
                                                        w->now.wall_ms, &fresh->projects[2].state,
                                                        text, sizeof text),
                     0);
    config_update *update = make_update();
    update->logs[2] = log_new(&fresh->config, 2, w->now, text, sizeof text);
    assert_non_null(update->logs[2]);
    take_up(w, update);

    gate_value(w, "gids", "[9]");
    assert_int_equal(gate_call(early, "addlisten"), 0);
    gate_peer *sender = gate_connect(w, 1);
    for (int64_t mid = 1; mid <= 2; mid++) {
        gate_message(w, 1, "gid", 9, mid, "to all");
        assert_int_equal(gate_call(sender, "sendgroupmsg"), 0);
    }
    assert_string_equal(gate_mids(early), "1 2");
    gate_tick(w, 0);
    log_metrics log;
    log_cell_read(&fresh->live.metrics, &log);
    assert_int_equal(log.head, 2);
}

static void a_removed_project_loses_its_connections_and_only_those(void **state)
{
    gate_world *w = *state;
    gate_peer *gone = gate_connect(w, 0);
    gate_peer *stranger = gate_connect(w, 0);

    assert_int_equal(gate_call(gone, "addlisten"), 0);
    w->pid = GATE_PID_2;
    w->secret = GATE_SECRET_2;
    gate_peer *stays = gate_connect(w, 1);
    assert_int_equal(gate_call(stays, "addlisten"), 0);
    copy_config(w);
    fresh->projects[0].is_removed = true;
    set_secret(&fresh->projects[0], "", "");
    take_up(w, make_update());
    assert_true(gone->was_cut);
    assert_false(stays->was_cut);
    assert_int_equal(gate_call(stays, "addlisten"), 0);
    w->pid = GATE_PID;
    w->secret = GATE_SECRET;
    assert_int_equal(gate_call(stranger, "addlisten"), RTMI_RC_INVALID_PID_OR_UID);
    assert_false(stranger->was_cut);

    /* It comes back, with what it had. */
    next *const removed = fresh;
    w->config.projects = removed->projects;
    fresh = calloc(1, sizeof *fresh);
    assert_non_null(fresh);
    copy_config(w);
    fresh->projects[0].is_removed = false;
    set_secret(&fresh->projects[0], GATE_SECRET, "");
    take_up(w, make_update());
    free(removed);
    assert_int_equal(gate_call(stranger, "addlisten"), 0);
}

static void what_is_under_way_arrives(void **state)
{
    gate_world *w = *state;
    gate_peer *listener = gate_connect(w, 0);
    gate_peer *sender = gate_connect(w, 1); /* not the owner: it goes by mail */
    rtmi_package package;

    gate_value(w, "gids", "[1]");
    assert_int_equal(gate_call(listener, "addlisten"), 0);
    assert_int_equal(gate_call(sender, "addlisten"), 0);
    copy_config(w);
    gate_message(w, 1, "gid", 1, 1, "before");
    (void)gate_quest(sender, "sendgroupmsg", true);
    config_update *const update = make_update();
    config_update_send(update);
    gate_message(w, 1, "gid", 1, 2, "behind");
    (void)gate_quest(sender, "sendgroupmsg", true);
    gate_turns(w);
    assert_int_equal(fresh->done, 1);
    config_update_free(update);
    assert_string_equal(gate_mids(listener), "1 2");
    assert_true(gate_peer_next(sender, &package) && package.status == 0);
    assert_true(gate_peer_next(sender, &package) && package.status == 0);
}

static bool has_ping(gate_peer *peer)
{
    rtmi_package package;
    bool found = false;

    while (gate_peer_next(peer, &package))
        found |= rtmi_span_is(package.method, "ping");
    return found;
}

static void shorter_pings_hold_for_those_that_are_there(void **state)
{
    gate_world *w = *state;
    gate_peer *peer = gate_connect(w, 0);

    assert_int_equal(gate_call(peer, "addlisten"), 0);
    copy_config(w);
    fresh->config.ping_interval_ms = 1000;
    take_up(w, make_update());
    gate_tick(w, 900);
    assert_false(has_ping(peer));
    gate_tick(w, 200);
    assert_true(has_ping(peer));
    gate_tick(w, 1000);
    assert_true(has_ping(peer));
}

static void an_update_that_never_arrives_can_be_freed(void **state)
{
    gate_world *w = *state;

    copy_config(w);
    config_update *const update = make_update();
    config_update_send(update);
    gate_world_close(w); /* with the mail in its boxes */
    assert_int_equal(fresh->done, 0);
    config_update_free(update);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_world, close_world)
        CASE(a_secret_is_rotated_under_open_connections),
        CASE(limits_hold_at_once),
        CASE(an_added_project_is_served_and_logged),
        CASE(a_removed_project_loses_its_connections_and_only_those),
        CASE(what_is_under_way_arrives),
        CASE(shorter_pings_hold_for_those_that_are_there),
        CASE(an_update_that_never_arrives_can_be_freed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
