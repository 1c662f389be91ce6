/*
 * A private PostgreSQL for a test program. The server is a grandchild: the child is the Python
 * script that both kinds of tests share, and it ends the server when our end of its pipe closes.
 */
#include "tests/support/postgres_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
    pid_t child;
    FILE *commands;
    FILE *answers;
    char conninfo[300];
} server;

static void fail(const char *what)
{
    (void)fprintf(stderr, "PostgreSQL for the test: %s\n", what);
    abort();
}

static void read_line(char *line, int size)
{
    if (fgets(line, size, server.answers) == NULL)
        fail("tests/support/postgres.py has ended");
    line[strcspn(line, "\n")] = '\0';
}

static void command(const char *text, char *line, int size)
{
    if (fprintf(server.commands, "%s\n", text) < 0 || fflush(server.commands) != 0)
        fail("tests/support/postgres.py does not listen");
    read_line(line, size);
}

bool postgres_server_start(void)
{
    const char *source = getenv("RTMKIT_SOURCE");
    char script[300];
    char line[300];
    int in[2], out[2];

    (void)snprintf(script, sizeof script, "%s/tests/support/postgres.py",
                   source != NULL ? source : ".");
    if (pipe(in) != 0 || pipe(out) != 0)
        fail("no pipe");
    server.child = fork();
    if (server.child < 0)
        fail("no process");
    if (server.child == 0) {
        if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0)
            _exit(126);
        for (int fd = 3; fd < 64; fd++) /* our end of its pipe above all */
            (void)close(fd);
        (void)execl("/usr/bin/python3", "python3", script, (char *)NULL);
        _exit(127);
    }
    (void)close(in[0]);
    (void)close(out[1]);
    server.commands = fdopen(in[1], "w");
    server.answers = fdopen(out[0], "r");
    if (server.commands == NULL || server.answers == NULL)
        fail("no memory");
    read_line(line, sizeof line);
    if (strncmp(line, "skip ", 5) == 0) {
        (void)printf("skipped: %s\n", line + 5);
        postgres_server_stop();
        return false;
    }
    if (strncmp(line, "ready ", 6) != 0)
        fail(line);
    (void)snprintf(server.conninfo, sizeof server.conninfo, "%s", line + 6);
    return true;
}

const char *postgres_server_conninfo(void)
{
    return server.conninfo;
}

void postgres_server_crash(void)
{
    char line[100];

    command("crash", line, sizeof line);
}

void postgres_server_restart(void)
{
    char line[300];

    command("start", line, sizeof line);
}

long long postgres_server_sql(const char *sql)
{
    PGconn *conn = PQconnectdb(server.conninfo);

    if (PQstatus(conn) != CONNECTION_OK)
        fail(PQerrorMessage(conn));

    PGresult *result = PQexec(conn, sql);
    long long number = 0;

    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        fail(PQerrorMessage(conn));
    if (PQntuples(result) > 0)
        number = strtoll(PQgetvalue(result, 0, 0), NULL, 10);
    PQclear(result);
    PQfinish(conn);
    return number;
}

void postgres_server_stop(void)
{
    int status;

    if (server.child <= 0)
        return;
    (void)fclose(server.commands);
    (void)fclose(server.answers);
    (void)waitpid(server.child, &status, 0);
    server.child = 0;
}
