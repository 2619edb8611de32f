/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: the worker; there is no lock.
 *
 * An Allocate without credentials is answered with 401 and a nonce; with them
 * it is answered with an address, or with 401 again, or, once, with 438 and
 * another nonce. Then a Refresh of lifetime 0 gives the address back.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallturn.h"

#include <stun/stunagent.h>
#include <stun/usages/turn.h>
#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

#define AGAIN_MS 500
#define MAX_REALM 128
#define ERROR_FORBIDDEN 403
#define ERROR_STALE_NONCE 438
#define COMPATIBILITY STUN_USAGE_TURN_COMPATIBILITY_RFC5766

/* Each operation that is under way has a reference. */
struct _GstCallTurnCheck
{
  GstCallWorker *worker;
  GstCallTurnFunc func;         /* NULL: it has been called, or freed */
  gpointer data;
  guint tag;
  GstCallWireType type;
  gchar *username;
  gchar *credential;

  GCancellable *cancellable;
  GIOStream *stream;
  GSource *again;               /* UDP: the request once more */
  GSource *deadline;
  gboolean writing;
  gboolean reading;
  StunAgent agent;
  gboolean authenticated;       /* the last request had the credentials */
  gboolean stale;               /* its nonce was, once */
  guint8 request[STUN_MAX_MESSAGE_SIZE];
  gsize request_length;
  guint8 response[STUN_MAX_MESSAGE_SIZE];
  gsize response_length;        /* that has come of it */
};

static void
clear (gpointer data)
{
  GstCallTurnCheck *self = data;

  g_free (self->username);
  g_free (self->credential);
  g_object_unref (self->cancellable);
  g_clear_object (&self->stream);
}

static void
unref (GstCallTurnCheck * self)
{
  g_rc_box_release_full (self, clear);
}

static void
stop (GstCallTurnCheck * self)
{
  gst_call_worker_clear_timer (&self->again);
  gst_call_worker_clear_timer (&self->deadline);
  g_cancellable_cancel (self->cancellable);
}

static void
finish (GstCallTurnCheck * self, GstCallTurnResult result, const gchar * text)
{
  GstCallTurnFunc func = self->func;

  self->func = NULL;
  if (result != GST_CALL_TURN_WORKS)
    stop (self);
  if (func)
    func (self->data, self->tag, result, text);
}

static void
on_written (GObject * source, GAsyncResult * result, gpointer data)
{
  GstCallTurnCheck *self = data;
  g_autoptr (GError) error = NULL;

  self->writing = FALSE;
  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result,
          NULL, &error) && self->type != GST_CALL_WIRE_UDP)
    finish (self, GST_CALL_TURN_SILENT, error->message);
  if (!self->func)              /* the address has been given back */
    stop (self);
  unref (self);
}

static void
send_request (GstCallTurnCheck * self)
{
  if (self->writing || self->request_length == 0)
    return;
  self->writing = TRUE;
  g_output_stream_write_all_async (g_io_stream_get_output_stream (self->stream),
      self->request, self->request_length, G_PRIORITY_DEFAULT,
      self->cancellable, on_written, g_rc_box_acquire (self));
}

static void
ask (GstCallTurnCheck * self, StunMessage * response)
{
  StunMessage message;

  self->authenticated = response != NULL;
  self->request_length = stun_usage_turn_create (&self->agent, &message,
      self->request, sizeof self->request, response,
      STUN_USAGE_TURN_REQUEST_PORT_NORMAL, -1, -1,
      (guint8 *) self->username, strlen (self->username),
      (guint8 *) self->credential, strlen (self->credential), COMPATIBILITY);
  send_request (self);
}

static void
give_back (GstCallTurnCheck * self, StunMessage * response)
{
  StunMessage message;

  gst_call_worker_clear_timer (&self->again);
  self->request_length = stun_usage_turn_create_refresh (&self->agent,
      &message, self->request, sizeof self->request, response, 0,
      (guint8 *) self->username, strlen (self->username),
      (guint8 *) self->credential, strlen (self->credential), COMPATIBILITY);
  finish (self, GST_CALL_TURN_WORKS, NULL);
  if (self->request_length > 0)
    send_request (self);
  else
    stop (self);
}

static gint
error_of (StunMessage * response)
{
  gint code = 0;

  stun_message_find_error (response, &code);
  return code;
}

/* RFC 8656, 19 and RFC 8489, 14.8 */
static const gchar *
meaning_of (gint code)
{
  switch (code) {
    case 300:
      return ": it names another server";
    case 437:
      return ": it has this address already";
    case 486:
      return ": this user has too many";
    case 508:
      return ": it has none left";
    default:
      return "";
  }
}

static void
take_error (GstCallTurnCheck * self, StunMessage * response)
{
  uint16_t length = 0;
  const gchar *realm = stun_message_find (response, STUN_ATTRIBUTE_REALM,
      &length);
  gint code = error_of (response);
  g_autofree gchar *text = NULL;

  if (realm && length <= MAX_REALM && ((!self->authenticated
              && code == STUN_ERROR_UNAUTHORIZED) || (self->authenticated
              && code == ERROR_STALE_NONCE && !self->stale))) {
    self->stale = self->authenticated;
    ask (self, response);
    return;
  }
  text = g_strdup_printf ("error %d%s", code, meaning_of (code));
  finish (self, code == STUN_ERROR_UNAUTHORIZED || code == ERROR_FORBIDDEN ?
      GST_CALL_TURN_REFUSED : GST_CALL_TURN_BUSY, text);
}

static void
take_response (GstCallTurnCheck * self)
{
  struct sockaddr_storage relay, mapped, other;
  socklen_t relay_length = sizeof relay, mapped_length = sizeof mapped,
      other_length = sizeof other;
  uint32_t bandwidth, lifetime;
  StunValidationStatus status;
  StunMessage response;

  status = stun_agent_validate (&self->agent, &response, self->response,
      self->response_length, NULL, NULL);
  /* before we have a key, nothing can be signed */
  if (status != STUN_VALIDATION_SUCCESS
      && (status != STUN_VALIDATION_UNAUTHORIZED || self->authenticated)) {
    GST_DEBUG ("no answer to our question (%d)", status);
    return;
  }
  switch (stun_usage_turn_process (&response, &relay, &relay_length, &mapped,
          &mapped_length, &other, &other_length, &bandwidth, &lifetime,
          COMPATIBILITY)) {
    case STUN_USAGE_TURN_RETURN_RELAY_SUCCESS:
    case STUN_USAGE_TURN_RETURN_MAPPED_SUCCESS:
      give_back (self, &response);
      break;
    case STUN_USAGE_TURN_RETURN_ALTERNATE_SERVER:
    case STUN_USAGE_TURN_RETURN_ERROR:
      take_error (self, &response);
      break;
    default:
      break;
  }
}

/* A datagram is one message; of a stream the head says how long it is. */
static gsize
missing (GstCallTurnCheck * self)
{
  gsize whole = 20;

  if (self->response_length >= 20)
    whole += self->response[2] << 8 | self->response[3];
  if (self->type == GST_CALL_WIRE_UDP)
    return self->response_length ? 0 : sizeof self->response;
  return MIN (whole, sizeof self->response) - self->response_length;
}

/* cycle: what has been read is followed by more */
static void read_more (GstCallTurnCheck * self);

static void
on_read (GObject * source, GAsyncResult * result, gpointer data)
{
  GstCallTurnCheck *self = data;
  g_autoptr (GError) error = NULL;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (source), result,
      &error);

  self->reading = FALSE;
  if (!self->func || (n <= 0 && self->type != GST_CALL_WIRE_UDP)) {
    if (self->func)
      finish (self, GST_CALL_TURN_SILENT,
          error ? error->message : "it closed the connection");
    unref (self);
    return;
  }
  self->response_length += MAX (n, 0);
  if (missing (self) == 0) {
    take_response (self);
    self->response_length = 0;
  }
  /* refused by the host (ICMP): it may be there when we ask again */
  if (n >= 0 && self->func)
    read_more (self);
  unref (self);
}

static void
read_more (GstCallTurnCheck * self)
{
  self->reading = TRUE;
  g_input_stream_read_async (g_io_stream_get_input_stream (self->stream),
      self->response + self->response_length, missing (self),
      G_PRIORITY_DEFAULT, self->cancellable, on_read, g_rc_box_acquire (self));
}

static gboolean
on_again (gpointer data)
{
  GstCallTurnCheck *self = data;

  send_request (self);
  if (!self->reading)
    read_more (self);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_deadline (gpointer data)
{
  GstCallTurnCheck *self = data;

  gst_call_worker_clear_timer (&self->deadline);
  finish (self, GST_CALL_TURN_SILENT, "no answer");
  return G_SOURCE_REMOVE;
}

static void
on_connected (GObject * source, GAsyncResult * result, gpointer data)
{
  GstCallTurnCheck *self = data;
  g_autoptr (GError) error = NULL;

  self->stream = gst_call_wire_connect_finish (result, &error);
  if (!self->stream) {
    finish (self, g_error_matches (error, G_TLS_ERROR,
            G_TLS_ERROR_BAD_CERTIFICATE) ? GST_CALL_TURN_UNTRUSTED :
        GST_CALL_TURN_SILENT, error->message);
    unref (self);
    return;
  }
  if (!self->func) {
    unref (self);
    return;
  }
  if (self->type == GST_CALL_WIRE_UDP)
    self->again = gst_call_worker_add_timer (self->worker, AGAIN_MS, on_again,
        self);
  ask (self, NULL);
  read_more (self);
  unref (self);
}

GstCallTurnCheck *
gst_call_turn_check_new (GstCallWorker * worker, GstCallWireType type,
    GSocketAddress * to, const gchar * host, GTlsDatabase * trust,
    const gchar * username, const gchar * credential, GstCallTurnFunc func,
    gpointer data, guint tag)
{
  GstCallTurnCheck *self = g_rc_box_new0 (GstCallTurnCheck);

  self->worker = worker;
  self->type = type;
  self->username = g_strdup (username);
  self->credential = g_strdup (credential);
  self->func = func;
  self->data = data;
  self->tag = tag;
  self->cancellable = g_cancellable_new ();
  stun_agent_init (&self->agent, STUN_ALL_KNOWN_ATTRIBUTES,
      STUN_COMPATIBILITY_RFC5389, STUN_AGENT_USAGE_LONG_TERM_CREDENTIALS);
  self->deadline = gst_call_worker_add_timer (worker, GST_CALL_TURN_TIMEOUT_MS,
      on_deadline, self);
  gst_call_wire_connect (type, to, host, trust, self->cancellable,
      on_connected, g_rc_box_acquire (self));
  return self;
}

void
gst_call_turn_check_free (GstCallTurnCheck * self)
{
  self->func = NULL;
  stop (self);
  unref (self);
}
