/*
 * What a turn of a shard is besides its connections' bytes: mail arrives, time passes, and at the
 * end everything that gathered leaves at once.
 */
#include <stdlib.h>

#include "gate/core/file_quest.h"
#include "gate/core/reload.h"
#include "gate/core/shard_impl.h"
#include "gate/core/uploads.h"
#include "gate/core/who.h"

#define PINGS_MISSED 3

void shard_publish(shard *self, gate_time now)
{
    shard_metrics *const metrics = &self->metrics;

    metrics->push_answers = self->stats.push_answers;
    metrics->push_errors = self->stats.push_errors;
    metrics->owed = self->owed;
    metrics->is_draining = self->is_draining;
    metrics->ticked_ms = (uint64_t)now.mono_ms;
    shard_cell_publish(&self->published, metrics);
    for (size_t i = 0; i < self->config->project_count; i++) {
        if (self->projects[i].log != NULL)
            log_publish(self->projects[i].log);
    }
}

static void take_append(shard *self, append_mail *mail, gate_time now)
{
    shard_project *project = &self->projects[mail->project];
    log_request request;
    owner_quest quest;
    uint32_t from = 0;

    for (size_t i = 0; append_mail_get(mail, i, &request, &quest); i++) {
        const int code = quest.method != NULL ? owner_run(self, project, &quest, now)
                                              : log_append(project->log, &request, now);
        from = quest.sender.shard;
        if (code != 0)
            append_mail_refuse(mail, i, code);
    }
    shard_touch(self, project);
    if (mail->item.kind == MAIL_REFUSED) {
        append_mail_return(mail);
        bus_send(self->config->bus, from, &mail->item);
    } else {
        append_mail_free(mail);
    }
}

static void take_refused(shard *self, append_mail *mail)
{
    log_sender sender;
    int code;

    for (size_t i = 0; (code = append_mail_get_refused(mail, i, &sender)) >= 0; i++) {
        if (code > 0)
            senders_refuse(self, &sender, code);
    }
    append_mail_free(mail);
}

static void take_committed(shard *self, feed_item *feed, gate_time now)
{
    gate_log *log = self->projects[feed->project].log;
    const size_t shards = self->config->shard_count;

    log_committed(log, feed, &self->late_ends);
    if (feed->result < 0)
        rtmi_log_line(&self->config->log, RTMI_LOG_ERROR, "project %d: %zu records not stored: %s",
                      (int)feed->batch.pid, feed->batch.record_count, feed->text);
    /* Every shard takes the feed: it knows then what it has not got to deliver, too. */
    atomic_store(&feed->refs, shards);
    for (size_t i = 0; i < shards; i++) {
        if (i != self->index)
            bus_send(self->config->bus, i, &feed->links[i].item);
    }
    router_feed(self, feed, now);
    feed_item_unref(feed);
    log_submit(log);
}

void shard_take_mail(shard *self, gate_time now)
{
    bus_item *item = bus_take(self->config->bus, self->index);

    while (item != NULL) {
        bus_item *next = item->next;
        switch (item->kind) {
        case MAIL_APPEND:
            take_append(self, (append_mail *)(void *)item, now);
            break;
        case MAIL_COMMITTED:
            take_committed(self, (feed_item *)(void *)item, now);
            break;
        case MAIL_FEED: {
            feed_item *feed = ((feed_link *)(void *)item)->feed;
            router_feed(self, feed, now);
            feed_item_unref(feed);
            break;
        }
        case MAIL_SESSION_END:
            owner_session_end(self, (session_end *)(void *)item, now);
            break;
        case MAIL_FILE:
            owner_file(self, (file_quest *)(void *)item, now);
            break;
        case MAIL_ANSWERED:
            owner_answered(self, (owner_question *)(void *)item, now);
            break;
        case MAIL_REFUSED:
            take_refused(self, (append_mail *)(void *)item);
            break;
        case MAIL_ASK_REFUSED:
            owner_question_refused(self, (owner_question *)(void *)item);
            break;
        case MAIL_WHO:
            who_take(self, (struct who_mail *)(void *)item, now);
            break;
        case MAIL_CONFIG:
            shard_take_config(self, ((config_link *)(void *)item)->update, now);
            break;
        case MAIL_CONFIG_OPEN:
            shard_open_projects(self, ((config_link *)(void *)item)->update);
            break;
        default:
            break;
        }
        item = next;
    }
}

void shard_touch(shard *self, shard_project *project)
{
    if (!rtmi_list_holds(&project->touched_link))
        rtmi_list_push(&self->touched, &project->touched_link);
}

void shard_end_turn(shard *self, gate_time now)
{
    rtmi_link *link;

    (void)now;
    while ((link = rtmi_list_first(&self->touched)) != NULL) {
        shard_project *project = RTMI_CONTAINER(link, shard_project, touched_link);
        rtmi_list_remove(link);
        if (project->log != NULL) {
            log_submit(project->log);
        } else if (project->mail != NULL) {
            bus_item *item = &project->mail->item;
            project->mail = NULL;
            bus_send(self->config->bus, project->conf->owner, item);
        }
    }
}

/* One `ping` push for all whose time has come. */
static void push_pings(shard *self, gate_time now)
{
    rtmi_link *link;
    piece ping;
    bool is_encoded = false;

    while ((link = rtmi_list_first(&self->pings)) != NULL) {
        conn *to = RTMI_CONTAINER(link, conn, due_link);
        if (to->due_ms > now.mono_ms)
            return;
        if (!is_encoded) {
            rtmi_buf_clear(&self->scratch);
            const size_t mark = rtmi_frame_begin_quest(
                &self->scratch, true, shard_next_push_seq(self), rtmi_span_of_text("ping"));
            rtmi_pack_map(&self->scratch, 0);
            rtmi_frame_end(&self->scratch, mark);
            if (self->scratch.error != 0 ||
                !arena_put(&self->arenas[PUSH_LISTENER], rtmi_buf_span(&self->scratch), &ping))
                return;
            is_encoded = true;
        }
        rtmi_list_remove(link);
        if (to->has_answered_ping && to->pings_unanswered >= PINGS_MISSED) {
            shard_cut(self, to, "it has answered pings and does not any more");
            continue;
        }
        to->pings_unanswered++;
        to->ping_seq = self->push_seq;
        to->due_ms = now.mono_ms + self->config->ping_interval_ms;
        rtmi_list_push(&self->pings, &to->due_link);
        if (!to->wants_close) {
            shard_push(self, to, &ping, 1);
            self->metrics.pushes[METRICS_KIND_PING]++;
        }
    }
}

static void retry_late_ends(shard *self, gate_time now)
{
    rtmi_list late;
    rtmi_link *link;

    rtmi_list_init(&late);
    while ((link = rtmi_list_first(&self->late_ends)) != NULL) {
        rtmi_list_remove(link);
        rtmi_list_push(&late, link);
    }
    while ((link = rtmi_list_first(&late)) != NULL) {
        rtmi_list_remove(link);
        owner_session_end(self, RTMI_CONTAINER(link, session_end, link), now);
    }
    for (size_t i = 0; i < self->config->project_count; i++) {
        shard_project *project = &self->projects[i];
        log_mark mark;
        if (project->log != NULL && log_has_old_sessions(project->log) &&
            log_begin(project->log, &mark)) /* which ends them */
            shard_touch(self, project);
    }
}

void shard_tick(shard *self, gate_time now)
{
    rtmi_link *link;

    while ((link = rtmi_list_first(&self->strangers)) != NULL) {
        conn *stranger = RTMI_CONTAINER(link, conn, due_link);
        if (now.mono_ms - stranger->opened_ms < self->config->unproved_ms)
            break;
        rtmi_list_remove(link);
        shard_cut(self, stranger, "no signed quest in time");
    }
    upload_tick(self, now);
    while ((link = rtmi_list_first(&self->leaving)) != NULL) {
        conn *leaving = RTMI_CONTAINER(link, conn, due_link);
        if (leaving->due_ms > now.mono_ms)
            break;
        rtmi_list_remove(link);
        shard_leave(self, leaving, false, now);
    }
    retry_late_ends(self, now);
    push_pings(self, now);
    limits_tick(self, now);
    shard_publish(self, now);
}
