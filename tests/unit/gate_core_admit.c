/*
 * Who may send to whom: each code, for programs and for users, by the project's switches; and
 * administrators, for whom none of it holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/rtm/codes.h"
#include "tests/support/gate_words.h"

enum { ADMIN = 99 };

static int64_t next_mid;

static int send(gate_peer *server, int64_t from, const char *method, const char *key, int64_t to)
{
    gate_message(server->world, from, key, to, ++next_mid, "hi");
    return gate_call(server, method);
}

static int p2p(gate_peer *server, int64_t from, int64_t to)
{
    return send(server, from, "sendmsg", "to", to);
}

static int group(gate_peer *server, int64_t from)
{
    return send(server, from, "sendgroupmsg", "gid", 7);
}

static int room(gate_peer *server, int64_t from)
{
    return send(server, from, "sendroommsg", "rid", 7);
}

static int broadcast(gate_peer *server, int64_t from)
{
    return send(server, from, "broadcastmsg", NULL, 0);
}

/* A user's own quest; `key` NULL: no receiver. */
static int user_send(gate_peer *user, const char *method, const char *key, int64_t to)
{
    gate_int(user->world, "mtype", 51);
    gate_int(user->world, key, to);
    gate_int(user->world, "mid", ++next_mid);
    gate_text(user->world, "msg", "hi");
    gate_text(user->world, "attrs", "");
    return gate_user_call(user, method);
}

static void did(gate_peer *server, const char *method, const char *words)
{
    assert_string_equal(gate_says(server, method, words), "{}");
}

static void lenient(gate_peer *server)
{
    gate_peer *user = gate_login(server, 0, 1);

    /* Programs: nobody is a member of anything, and all of it goes. */
    assert_int_equal(p2p(server, 1, 2), 0);
    assert_int_equal(p2p(server, 1, 1), 0);
    assert_int_equal(group(server, 1), 0);
    assert_int_equal(room(server, 1), 0);
    assert_int_equal(broadcast(server, 1), 0);
    /* Users: members only. */
    assert_int_equal(user_send(user, "sendmsg", "to", 2), 0);
    assert_int_equal(user_send(user, "sendmsg", "to", 1), RTMI_RC_SEND_TO_SELF);
    assert_int_equal(user_send(user, "sendgroupmsg", "gid", 7), RTMI_RC_NOT_GROUP_MEMBER);
    assert_int_equal(user_send(user, "sendroommsg", "rid", 7), RTMI_RC_NOT_IN_ROOM);
    did(server, "addgroupmembers", "gid=7 uids=[1]");
    did(server, "addroommember", "rid=7 uid=1");
    assert_int_equal(user_send(user, "sendgroupmsg", "gid", 7), 0);
    assert_int_equal(user_send(user, "sendroommsg", "rid", 7), 0);
    assert_int_equal(user_send(user, "sendgroupmsg", "gid", 8), RTMI_RC_NOT_GROUP_MEMBER);
}

static void programs_may_send_in_any_name(void **state)
{
    (void)state;
    gate_everywhere(NULL, lenient);
}

static void blocked(gate_peer *server)
{
    gate_peer *user = gate_login(server, 0, 1);
    gate_world *w = server->world;

    did(server, "addblacks", "uid=2 blacks=[1]");
    assert_int_equal(p2p(server, 1, 2), RTMI_RC_BLOCKED_USER);
    assert_int_equal(user_send(user, "sendmsg", "to", 2), RTMI_RC_BLOCKED_USER);
    assert_int_equal(p2p(server, 2, 1), 0);
    assert_int_equal(p2p(server, 1, 3), 0);
    /* One of several receivers is enough. */
    gate_value(w, "tos", "[3,2,4]");
    assert_int_equal(send(server, 1, "sendmsgs", NULL, 0), RTMI_RC_BLOCKED_USER);
    gate_value(w, "tos", "[3,4]");
    assert_int_equal(send(server, 1, "sendmsgs", NULL, 0), 0);
    did(server, "delblacks", "uid=2 blacks=[1]");
    assert_int_equal(p2p(server, 1, 2), 0);
}

static void the_blocked_cannot_send_and_blockers_can(void **state)
{
    (void)state;
    gate_everywhere(NULL, blocked);
}

static void banned(gate_peer *server)
{
    gate_peer *user = gate_login(server, 0, 1);

    did(server, "addgroupmembers", "gid=7 uids=[1]");
    did(server, "addroommember", "rid=7 uid=1");
    for (int all = 0; all < 2; all++) {
        did(server, "addgroupban", all ? "uid=1 btime=10" : "gid=7 uid=1 btime=10");
        did(server, "addroomban", all ? "uid=1 btime=10" : "rid=7 uid=1 btime=10");
        assert_int_equal(group(server, 1), RTMI_RC_BANNED_IN_GROUP);
        assert_int_equal(user_send(user, "sendgroupmsg", "gid", 7), RTMI_RC_BANNED_IN_GROUP);
        assert_int_equal(room(server, 1), RTMI_RC_BANNED_IN_ROOM);
        assert_int_equal(user_send(user, "sendroommsg", "rid", 7), RTMI_RC_BANNED_IN_ROOM);
        assert_int_equal(send(server, 1, "sendgroupmsg", "gid", 8),
                         all ? RTMI_RC_BANNED_IN_GROUP : 0);
        assert_int_equal(send(server, 1, "sendroommsg", "rid", 8),
                         all ? RTMI_RC_BANNED_IN_ROOM : 0);
        assert_int_equal(group(server, 2), 0);
        assert_int_equal(p2p(server, 1, 2), 0);
        gate_tick(server->world, 10000);
        assert_int_equal(group(server, 1), 0);
        assert_int_equal(room(server, 1), 0);
    }
    did(server, "addprojectban", "uid=1 btime=10");
    assert_int_equal(p2p(server, 1, 2), RTMI_RC_PERMISSION_DENIED);
    assert_int_equal(user_send(user, "sendmsg", "to", 2), RTMI_RC_PERMISSION_DENIED);
    assert_int_equal(group(server, 1), RTMI_RC_PERMISSION_DENIED);
    assert_int_equal(room(server, 1), RTMI_RC_PERMISSION_DENIED);
    assert_int_equal(broadcast(server, 1), RTMI_RC_PERMISSION_DENIED);
    assert_int_equal(p2p(server, 2, 1), 0); /* he still hears */
    gate_tick(server->world, 10000);
    assert_int_equal(p2p(server, 1, 2), 0);
}

static void the_banned_are_silent_for_their_time(void **state)
{
    (void)state;
    gate_everywhere(NULL, banned);
}

static void be_strict(gate_world *w)
{
    w->projects[0].checks_members = true;
    w->projects[0].is_friends_only = true;
    w->projects[0].admins[0] = ADMIN;
    w->projects[0].admin_count = 1;
}

static void strict(gate_peer *server)
{
    gate_peer *user = gate_login(server, 0, 1);

    assert_int_equal(group(server, 1), RTMI_RC_NOT_GROUP_MEMBER);
    assert_int_equal(room(server, 1), RTMI_RC_NOT_IN_ROOM);
    did(server, "addgroupmembers", "gid=7 uids=[1]");
    did(server, "addroommember", "rid=7 uid=1");
    assert_int_equal(group(server, 1), 0);
    assert_int_equal(room(server, 1), 0);
    assert_int_equal(broadcast(server, 1), RTMI_RC_ADMIN_ONLY);
    /* Friends only is for users. */
    assert_int_equal(p2p(server, 1, 2), 0);
    assert_int_equal(user_send(user, "sendmsg", "to", 2), RTMI_RC_NOT_FRIEND);
    did(server, "addfriends", "uid=2 friends=[1]");
    assert_int_equal(user_send(user, "sendmsg", "to", 2), 0);
    did(server, "delfriends", "uid=2 friends=[1]");
    assert_int_equal(user_send(user, "sendmsg", "to", 2), RTMI_RC_NOT_FRIEND);
}

static void a_strict_project_asks_for_membership(void **state)
{
    (void)state;
    gate_everywhere(be_strict, strict);
}

static void administrator(gate_peer *server)
{
    did(server, "addgroupban", "uid=99 btime=0");
    did(server, "addroomban", "uid=99 btime=0");
    did(server, "addprojectban", "uid=99 btime=0");
    did(server, "addblacks", "uid=2 blacks=[99]");
    assert_int_equal(p2p(server, ADMIN, 2), 0);
    assert_int_equal(group(server, ADMIN), 0);
    assert_int_equal(room(server, ADMIN), 0);
    assert_int_equal(broadcast(server, ADMIN), 0);
}

static void nothing_holds_for_administrators(void **state)
{
    (void)state;
    gate_everywhere(be_strict, administrator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_may_send_in_any_name),
        cmocka_unit_test(the_blocked_cannot_send_and_blockers_can),
        cmocka_unit_test(the_banned_are_silent_for_their_time),
        cmocka_unit_test(a_strict_project_asks_for_membership),
        cmocka_unit_test(nothing_holds_for_administrators),
    };

    return cmocka_run_group_tests_name("gate_core.admit", tests, NULL, NULL);
}
