/*
 * Pushes that are not answered yet. Whoever wants to answer later takes a receipt while the push
 * is at hand. Receipts that owe an answer stand in the order of arrival, which is the order of
 * their deadlines; when the connection ends they owe nothing any more, for an answer would mean
 * nothing on the next one.
 *
 * Protocol: FPNN section 4.1 (answers), RTM section 3.7 (a gate gives up on a push after 5 s).
 */
#include "lib/base/num.h"
#include "lib/fpnn/answer.h"
#include "lib/session/session_impl.h"

static rtmi_receipt *first_owing(const rtmi_session *session)
{
    rtmi_link *link = rtmi_list_first(&session->owing);

    return link == NULL ? NULL : RTMI_CONTAINER(link, rtmi_receipt, link);
}

void rtmi_session_keep(rtmi_session *session, rtmi_receipt *receipt, bool has_deadline)
{
    const push_at_hand *push = &session->at_hand;
    const int64_t answer_by_ms = session->config.answer_by_ms;

    *receipt = (rtmi_receipt){
        .session = session,
        .seq = push->seq,
        .owes = push->owes,
        .has_key = push->has_key,
        .key = push->key,
        .due_ms =
            has_deadline && answer_by_ms > 0 ? session->now.mono_ms + answer_by_ms : INT64_MAX,
    };
    rtmi_list_push(receipt->owes ? &session->owing : &session->settled, &receipt->link);
    session->unanswered += receipt->owes;
    session->at_hand.owes = false;
    session->at_hand.is_kept = true;
}

/* The receipt owes nothing any more. */
static void settle(rtmi_receipt *receipt)
{
    receipt->owes = false;
    receipt->session->unanswered--;
    rtmi_list_remove(&receipt->link);
    rtmi_list_push(&receipt->session->settled, &receipt->link);
}

static void answer(rtmi_receipt *receipt)
{
    session_answer_push(receipt->session, receipt->seq);
    settle(receipt);
}

void rtmi_receipt_done(rtmi_receipt *receipt, rtmi_receipt_end end)
{
    rtmi_session *session = receipt->session;

    if (session == NULL)
        return;
    if (receipt->owes && end != RTMI_RECEIPT_ABANDONED)
        answer(receipt);
    else if (receipt->owes)
        settle(receipt);
    if (end != RTMI_RECEIPT_HANDLED && receipt->has_key && session->dedup != NULL)
        rtmi_dedup_leave(session->dedup, receipt->key);
    rtmi_list_remove(&receipt->link);
    receipt->session = NULL;
}

void receipts_expire(rtmi_session *session, rtmi_time now)
{
    rtmi_receipt *receipt;

    if (session->has_extensions)
        return; /* our gate waits for the handler */
    while ((receipt = first_owing(session)) != NULL && receipt->due_ms <= now.mono_ms) {
        session->stats.answers_early++;
        answer(receipt);
    }
}

int64_t receipts_deadline(const rtmi_session *session)
{
    const rtmi_receipt *receipt = first_owing(session);

    return receipt == NULL || session->has_extensions ? INT64_MAX : receipt->due_ms;
}

void receipts_closed(rtmi_session *session)
{
    rtmi_receipt *receipt;

    while ((receipt = first_owing(session)) != NULL)
        settle(receipt);
}

void receipts_orphan(rtmi_session *session)
{
    rtmi_link *link;

    receipts_closed(session);
    while ((link = rtmi_list_first(&session->settled)) != NULL) {
        rtmi_list_remove(link);
        RTMI_CONTAINER(link, rtmi_receipt, link)->session = NULL;
    }
}
