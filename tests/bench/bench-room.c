/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * webrtcbin calls back from its own threads; those callbacks copy what they
 * got and hand it to the main context, where all else happens.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "bench-room.h"

#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>
#include <libsoup/soup.h>

struct _BenchRoom
{
  gchar *name;
  BenchRoomFunc func;
  gpointer user_data;
  SoupSession *http;
  SoupWebsocketConnection *socket;
  guint64 seq;
};

struct _BenchSession
{
  BenchRoom *room;
  gchar *remote;
  gchar *id;
  GstElement *webrtcbin;
};

/* What a callback of webrtcbin hands to the main context */
typedef struct
{
  BenchSession *session;
  GstWebRTCSessionDescription *description;
  guint mline;
  gchar *candidate;
} Event;

void
bench_room_send (BenchRoom * room, CallMessage * message)
{
  g_autofree gchar *text = NULL;

  if (message->type != CALL_MESSAGE_HELLO)
    message->seq = ++room->seq;
  text = call_message_to_text (message);
  soup_websocket_connection_send_text (room->socket, text);
}

static void
on_text (SoupWebsocketConnection * socket, gint type, GBytes * bytes,
    BenchRoom * room)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CallMessage) message = NULL;
  gsize size;
  const gchar *text = g_bytes_get_data (bytes, &size);

  message = call_message_parse (text, size, &error);
  if (!message)
    g_error ("call-server: %s", error->message);
  if (message->type == CALL_MESSAGE_ERROR)
    g_error ("call-server: %s: %s", message->code, message->text);
  room->func (room, message, room->user_data);
}

static void
on_closed (SoupWebsocketConnection * socket, BenchRoom * room)
{
  g_error ("%s: call-server closed the connection", room->name);
}

static void
on_connected (GObject * http, GAsyncResult * result, gpointer user_data)
{
  BenchRoom *room = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (CallMessage) hello = call_message_new (CALL_MESSAGE_HELLO);

  room->socket = soup_session_websocket_connect_finish (room->http, result,
      &error);
  if (!room->socket)
    g_error ("%s: %s", room->name, error->message);
  g_signal_connect (room->socket, "message", G_CALLBACK (on_text), room);
  g_signal_connect (room->socket, "closed", G_CALLBACK (on_closed), room);

  hello->version = CALL_PROTOCOL_VERSION;
  hello->peer = call_peer_new (NULL);
  hello->peer->display_name = g_strdup (room->name);
  hello->peer->video = CALL_TRACK_LIVE;
  bench_room_send (room, hello);
}

BenchRoom *
bench_room_new (const gchar * uri, const gchar * name, BenchRoomFunc func,
    gpointer user_data)
{
  BenchRoom *room = g_new0 (BenchRoom, 1);
  g_autoptr (SoupMessage) message = soup_message_new ("GET", uri);
  gchar *protocols[] = { CALL_SUBPROTOCOL, NULL };

  if (!message)
    g_error ("%s is no URI of a room", uri);
  room->name = g_strdup (name);
  room->func = func;
  room->user_data = user_data;
  room->http = soup_session_new ();
  soup_session_websocket_connect_async (room->http, message, NULL, protocols,
      G_PRIORITY_DEFAULT, NULL, on_connected, room);
  return room;
}

static CallMessage *
message_for (BenchSession * self, CallMessageType type)
{
  CallMessage *message = call_message_new (type);

  message->to = g_strdup (self->remote);
  message->session = g_strdup (self->id);
  message->sdp_mline_index = -1;
  return message;
}

static void
invoke (GSourceFunc func, Event event)
{
  g_main_context_invoke (NULL, func, g_memdup2 (&event, sizeof (event)));
}

static gboolean
on_candidate_main (gpointer user_data)
{
  g_autofree Event *event = user_data;
  g_autoptr (CallMessage) message =
      message_for (event->session, CALL_MESSAGE_CANDIDATE);

  message->candidate = event->candidate;
  message->sdp_mline_index = event->mline;
  bench_room_send (event->session->room, message);
  return G_SOURCE_REMOVE;
}

static void
on_candidate (GstElement * webrtcbin, guint mline, const gchar * candidate,
    BenchSession * self)
{
  Event event = { self, NULL, mline, g_strdup (candidate) };

  if (candidate && *candidate)
    invoke (on_candidate_main, event);
  else
    g_free (event.candidate);
}

/* Local description: the other one gets it before our candidates, which are
 * found after this and take the same way */
static void
send_description (Event * event, CallMessageType type)
{
  g_autoptr (CallMessage) message = message_for (event->session, type);

  g_signal_emit_by_name (event->session->webrtcbin, "set-local-description",
      event->description, NULL);
  message->sdp = gst_sdp_message_as_text (event->description->sdp);
  bench_room_send (event->session->room, message);
  gst_webrtc_session_description_free (event->description);
}

static gboolean
on_offer_main (gpointer user_data)
{
  g_autofree Event *event = user_data;

  send_description (event, CALL_MESSAGE_OFFER);
  return G_SOURCE_REMOVE;
}

static gboolean
on_answer_main (gpointer user_data)
{
  g_autofree Event *event = user_data;

  send_description (event, CALL_MESSAGE_ANSWER);
  return G_SOURCE_REMOVE;
}

static void
on_made (GstPromise * promise, BenchSession * self, const gchar * name,
    GSourceFunc func)
{
  Event event = { self };

  gst_promise_wait (promise);
  gst_structure_get (gst_promise_get_reply (promise), name,
      GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &event.description, NULL);
  gst_promise_unref (promise);
  if (!event.description)
    g_error ("webrtcbin made no %s", name);
  invoke (func, event);
}

static void
on_offer (GstPromise * promise, gpointer self)
{
  on_made (promise, self, "offer", on_offer_main);
}

static void
on_answer (GstPromise * promise, gpointer self)
{
  on_made (promise, self, "answer", on_answer_main);
}

BenchSession *
bench_session_new (BenchRoom * room, const gchar * remote,
    const gchar * session, GstElement * webrtcbin)
{
  BenchSession *self = g_new0 (BenchSession, 1);

  self->room = room;
  self->remote = g_strdup (remote);
  self->id = g_strdup (session);
  self->webrtcbin = webrtcbin;
  g_signal_connect (webrtcbin, "on-ice-candidate", G_CALLBACK (on_candidate),
      self);
  return self;
}

void
bench_session_offer (BenchSession * self)
{
  g_signal_emit_by_name (self->webrtcbin, "create-offer", NULL,
      gst_promise_new_with_change_func (on_offer, self, NULL));
}

static void
take_description (BenchSession * self, GstWebRTCSDPType type,
    const gchar * text)
{
  g_autoptr (GstWebRTCSessionDescription) description = NULL;
  GstSDPMessage *sdp;

  if (gst_sdp_message_new_from_text (text, &sdp) != GST_SDP_OK)
    g_error ("the other side sent no SDP");
  description = gst_webrtc_session_description_new (type, sdp);
  g_signal_emit_by_name (self->webrtcbin, "set-remote-description",
      description, NULL);
}

void
bench_session_take (BenchSession * self, CallMessage * message)
{
  if (g_strcmp0 (message->session, self->id) != 0)
    return;
  switch (message->type) {
    case CALL_MESSAGE_OFFER:
      take_description (self, GST_WEBRTC_SDP_TYPE_OFFER, message->sdp);
      g_signal_emit_by_name (self->webrtcbin, "create-answer", NULL,
          gst_promise_new_with_change_func (on_answer, self, NULL));
      break;
    case CALL_MESSAGE_ANSWER:
      take_description (self, GST_WEBRTC_SDP_TYPE_ANSWER, message->sdp);
      break;
    case CALL_MESSAGE_CANDIDATE:
      g_signal_emit_by_name (self->webrtcbin, "add-ice-candidate",
          (guint) MAX (0, message->sdp_mline_index), message->candidate);
      break;
    case CALL_MESSAGE_CLOSE:
      g_error ("the other side closed: %s %s", message->code,
          message->text ? message->text : "");
    default:
      break;
  }
}
