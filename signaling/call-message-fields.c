/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: any; the tables are constant.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-message-fields.h"

gboolean
call_text_is_printable (const gchar * string)
{
  for (; *string; string++) {
    if (!g_ascii_isgraph (*string))
      return FALSE;
  }
  return TRUE;
}

gboolean
call_text_is_one_line (const gchar * string)
{
  for (; *string; string = g_utf8_next_char (string)) {
    if (g_unichar_iscntrl (g_utf8_get_char (string)))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_candidate (const gchar * string)
{
  return g_str_has_prefix (string, "candidate:")
      && call_text_is_one_line (string);
}

static gboolean
is_code (const gchar * string)
{
  for (; *string; string++) {
    if (!g_ascii_islower (*string) && !g_ascii_isdigit (*string)
        && *string != '-')
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_sdp (const gchar * string)
{
  return g_str_has_prefix (string, "v=");
}

/* *INDENT-OFF* */
#define AT(member) G_STRUCT_OFFSET (CallMessage, member)

const CallField call_fields[N_FIELDS] = {
  [FIELD_SEQ] = {"seq", KIND_UINT64, AT (seq), 1, CALL_MAX_NUMBER, NULL},
  [FIELD_VERSION] = {"version", KIND_INT, AT (version), 1, G_MAXINT32, NULL},
  [FIELD_ROOM] = {"room", KIND_STRING, AT (room), 0, CALL_MAX_ID,
      call_id_is_valid},
  [FIELD_FROM] = {"from", KIND_STRING, AT (from), 0, CALL_MAX_ID,
      call_id_is_valid},
  [FIELD_TO] = {"to", KIND_STRING, AT (to), 0, CALL_MAX_ID, call_id_is_valid},
  [FIELD_SESSION] = {"session", KIND_STRING, AT (session), 0, CALL_MAX_ID,
      call_id_is_valid},
  [FIELD_PEER] = {"peer", KIND_PEER, AT (peer), 0, 0, NULL},
  [FIELD_PEERS] = {"peers", KIND_PEERS, AT (peers), 0, CALL_MAX_PEERS, NULL},
  [FIELD_TOKEN] = {"token", KIND_STRING, AT (token), 0, CALL_MAX_TOKEN,
      call_text_is_printable},
  [FIELD_RESUME] = {"resume", KIND_STRING, AT (resume), 0, CALL_MAX_TOKEN,
      call_text_is_printable},
  [FIELD_RESUMED] = {"resumed", KIND_BOOLEAN, AT (resumed), 0, 0, NULL},
  [FIELD_LAST_SEQ] = {"lastSeq", KIND_UINT64, AT (last_seq), 0,
      CALL_MAX_NUMBER, NULL},
  [FIELD_RESUME_TIMEOUT] = {"resumeTimeout", KIND_INT64, AT (resume_timeout),
      0, CALL_MAX_SECONDS, NULL},
  [FIELD_ICE_SERVERS] = {"iceServers", KIND_ICE_SERVERS, AT (ice_servers), 0,
      CALL_MAX_ICE_SERVERS, NULL},
  [FIELD_ICE_SERVERS_TIMEOUT] = {"iceServersTimeout", KIND_INT64,
      AT (ice_servers_timeout), 1, CALL_MAX_SECONDS, NULL},
  [FIELD_SDP] = {"sdp", KIND_STRING, AT (sdp), 0, CALL_MAX_MESSAGE, is_sdp},
  [FIELD_OFFER_ID] = {"offerId", KIND_UINT64, AT (offer_id), 1,
      CALL_MAX_NUMBER, NULL},
  [FIELD_CANDIDATE] = {"candidate", KIND_STRING, AT (candidate), 0,
      CALL_MAX_CANDIDATE, is_candidate},
  [FIELD_SDP_MID] = {"sdpMid", KIND_STRING, AT (sdp_mid), 0, CALL_MAX_ID,
      call_text_is_printable},
  [FIELD_SDP_MLINE_INDEX] = {"sdpMLineIndex", KIND_INT, AT (sdp_mline_index),
      0, CALL_MAX_MLINE, NULL},
  [FIELD_ICE_RESTART] = {"iceRestart", KIND_BOOLEAN, AT (ice_restart), 0, 0,
      NULL},
  [FIELD_CODE] = {"code", KIND_STRING, AT (code), 0, CALL_MAX_CODE, is_code},
  [FIELD_TEXT] = {"text", KIND_STRING, AT (text), 0, CALL_MAX_TEXT,
      call_text_is_one_line},
  [FIELD_RETRY_AFTER] = {"retryAfter", KIND_INT64, AT (retry_after), 1,
      CALL_MAX_SECONDS, NULL},
};

#define RELAYED (BIT (SEQ) | BIT (SESSION))
#define ENDS (BIT (FROM) | BIT (TO))

const CallTypeFields call_type_fields[N_TYPES] = {
  [CALL_MESSAGE_HELLO] = {BIT (VERSION) | BIT (PEER),
      BIT (TOKEN) | BIT (RESUME) | BIT (LAST_SEQ), 0},
  [CALL_MESSAGE_WELCOME] = {BIT (VERSION) | BIT (ROOM) | BIT (PEER) |
      BIT (PEERS) | BIT (RESUME) | BIT (RESUMED) | BIT (RESUME_TIMEOUT) |
      BIT (ICE_SERVERS), BIT (LAST_SEQ) | BIT (ICE_SERVERS_TIMEOUT), 0},
  [CALL_MESSAGE_PEER_JOINED] = {BIT (SEQ) | BIT (PEER), 0, 0},
  [CALL_MESSAGE_PEER_CHANGED] = {BIT (SEQ) | BIT (PEER), 0, 0},
  [CALL_MESSAGE_PEER_LEFT] = {BIT (SEQ) | BIT (PEER) | BIT (CODE), 0, 0},
  [CALL_MESSAGE_OFFER] = {RELAYED | BIT (SDP), ENDS | BIT (OFFER_ID), ENDS},
  [CALL_MESSAGE_ANSWER] = {RELAYED | BIT (SDP), ENDS | BIT (OFFER_ID), ENDS},
  [CALL_MESSAGE_CANDIDATE] = {RELAYED | BIT (CANDIDATE), ENDS | BIT (SDP_MID) |
      BIT (SDP_MLINE_INDEX), ENDS},
  [CALL_MESSAGE_END_OF_CANDIDATES] = {RELAYED, ENDS, ENDS},
  [CALL_MESSAGE_RENEGOTIATE] = {RELAYED, ENDS | BIT (ICE_RESTART), ENDS},
  [CALL_MESSAGE_CLOSE] = {RELAYED | BIT (CODE), ENDS | BIT (TEXT), ENDS},
  [CALL_MESSAGE_STATE] = {BIT (SEQ) | BIT (PEER), 0, 0},
  [CALL_MESSAGE_ICE_SERVERS] = {BIT (SEQ),
      BIT (ICE_SERVERS) | BIT (ICE_SERVERS_TIMEOUT), 0},
  [CALL_MESSAGE_BYE] = {BIT (SEQ), 0, 0},
  [CALL_MESSAGE_ERROR] = {BIT (CODE) | BIT (TEXT), BIT (SEQ) | BIT (TO) |
      BIT (SESSION) | BIT (RETRY_AFTER), 0},
};

const CallPeerFields call_peer_fields[N_TYPES] = {
  [CALL_MESSAGE_HELLO] = {PEER_TRACKS, PEER_ID | PEER_NAME | PEER_POLITE},
  [CALL_MESSAGE_WELCOME] = {PEER_ID | PEER_SEAT,
      PEER_NAME | PEER_FLAGS | PEER_TRACKS},
  [CALL_MESSAGE_PEER_JOINED] = {PEER_ID | PEER_SEAT | PEER_FLAGS | PEER_TRACKS,
      PEER_NAME},
  [CALL_MESSAGE_PEER_CHANGED] = {PEER_ID | PEER_SEAT | PEER_FLAGS | PEER_TRACKS,
      PEER_NAME},
  [CALL_MESSAGE_PEER_LEFT] = {PEER_ID | PEER_SEAT, 0},
  [CALL_MESSAGE_STATE] = {PEER_TRACKS, 0},
  [CALL_MESSAGE_ERROR] = {0, 0},
};
/* *INDENT-ON* */

G_STATIC_ASSERT (N_FIELDS <= 32);
