/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "client.h"

#include <glib/gstdio.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

CallServer *
start_server (const gchar * first_property, ...)
{
  g_autoptr (GError) error = NULL;
  CallServer *server = call_server_new ();
  va_list args;

  g_object_set (server, "listen", "127.0.0.1:0", "workers", 2, NULL);
  va_start (args, first_property);
  if (first_property != NULL)
    g_object_set_valist (G_OBJECT (server), first_property, args);
  va_end (args);
  call_server_start (server, &error);
  g_assert_no_error (error);
  return server;
}

Client *
client_connect (CallServer * server)
{
  Client *client = g_new0 (Client, 1);
  struct sockaddr_in to = { 0 };

  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  to.sin_port = htons (call_server_get_port (server));
  client->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  client->input = g_byte_array_new ();
  g_assert_cmpint (connect (client->fd, (struct sockaddr *) &to, sizeof to),
      ==, 0);
  return client;
}

void
client_free (Client * client)
{
  close (client->fd);
  g_byte_array_unref (client->input);
  g_free (client);
}

/* What the server does not take any more is not our matter */
void
client_write (Client * client, gconstpointer data, gsize length)
{
  const guint8 *from = data;

  while (length > 0) {
    struct pollfd poll_fd = { client->fd, POLLOUT, 0 };
    gssize size;

    g_assert_cmpint (poll (&poll_fd, 1, WAIT * 1000), ==, 1);
    size = send (client->fd, from, length, MSG_NOSIGNAL);
    if (size <= 0)
      return;
    from += size;
    length -= size;
  }
}

void
client_write_text (Client * client, const gchar * text)
{
  client_write (client, text, strlen (text));
}

void
client_write_frame (Client * client, guint first, gconstpointer data,
    gsize length)
{
  static const guint8 mask[4] = { 0x12, 0x34, 0x56, 0x78 };
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  guint8 header[10] = { first };
  guint size = 2;

  if (length < 126) {
    header[1] = length;
  } else if (length < 65536) {
    header[1] = 126;
    header[2] = length >> 8;
    header[3] = length;
    size = 4;
  } else {
    header[1] = 127;
    for (guint i = 0; i < 8; i++)
      header[2 + i] = (guint64) length >> (56 - 8 * i);
    size = 10;
  }
  header[1] |= 0x80;
  g_byte_array_append (frame, header, size);
  g_byte_array_append (frame, mask, 4);
  g_byte_array_append (frame, data, length);
  for (gsize i = 0; i < length; i++)
    frame->data[size + 4 + i] ^= mask[i & 3];
  client_write (client, frame->data, frame->len);
}

void
client_say (Client * client, const gchar * json)
{
  client_write_frame (client, 0x81, json, strlen (json));
}

void
client_say_to (Client * client, const gchar * peer_id)
{
  g_autofree gchar *json = g_strdup_printf ("{\"type\":\"renegotiate\","
      "\"seq\":%" G_GUINT64_FORMAT ",\"to\":\"%s\",\"session\":\"s\"}",
      ++client->seq, peer_id);

  client_say (client, json);
}

void
client_hello (Client * client, const gchar * peer_id, const gchar * token,
    const gchar * resume, guint64 last_seq)
{
  g_autoptr (CallMessage) hello = call_message_new (CALL_MESSAGE_HELLO);
  g_autofree gchar *json = NULL;

  hello->version = CALL_PROTOCOL_VERSION;
  hello->peer = call_peer_new (peer_id);
  hello->token = g_strdup (token);
  hello->resume = g_strdup (resume);
  hello->last_seq = last_seq;
  json = call_message_to_text (hello);
  client_say (client, json);
}

/* FALSE at the end of the stream */
static gboolean
read_more (Client * client)
{
  struct pollfd poll_fd = { client->fd, POLLIN, 0 };
  guint8 buffer[65536];
  gssize size;

  /* the watchdog: whoever waits here expects something */
  g_assert_cmpint (poll (&poll_fd, 1, WAIT * 1000), ==, 1);
  size = recv (client->fd, buffer, sizeof buffer, 0);
  if (size <= 0)
    return FALSE;
  g_byte_array_append (client->input, buffer, size);
  return TRUE;
}

gchar *
client_read_all (Client * client)
{
  while (read_more (client));
  g_byte_array_append (client->input, (const guint8 *) "", 1);
  return g_strndup ((gchar *) client->input->data, client->input->len);
}

static gchar *
find (Client * client, const gchar * text)
{
  return g_strstr_len ((gchar *) client->input->data, client->input->len, text);
}

gchar *
client_read_response (Client * client)
{
  gchar *end, *length;
  gsize size;
  gchar *response;

  while (client->input->len == 0 || !(end = find (client, "\r\n\r\n")))
    g_assert_true (read_more (client));
  size = end + 4 - (gchar *) client->input->data;
  length = find (client, "Content-Length: ");
  if (length != NULL && length < end)
    size += g_ascii_strtoull (length + strlen ("Content-Length: "), NULL, 10);
  while (client->input->len < size)
    g_assert_true (read_more (client));
  response = g_strndup ((gchar *) client->input->data, size);
  g_byte_array_remove_range (client->input, 0, size);
  return response;
}

Client *
client_upgrade (CallServer * server, const gchar * room, const gchar * headers)
{
  Client *client = client_connect (server);
  g_autofree gchar *response = NULL;
  g_autofree gchar *request = g_strdup_printf ("GET /room/%s HTTP/1.1\r\n"
      "Host: 127.0.0.1:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: gst-call.1\r\n"
      "%s\r\n", room, call_server_get_port (server),
      headers != NULL ? headers : "");

  client_write_text (client, request);
  response = client_read_response (client);
  g_assert_true (g_str_has_prefix (response, "HTTP/1.1 101 "));
  /* the example of RFC 6455, section 1.3 */
  g_assert_nonnull (strstr (response,
          "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
  g_assert_nonnull (strstr (response,
          "Sec-WebSocket-Protocol: gst-call.1\r\n"));
  g_assert_null (strstr (response, "Extensions"));
  return client;
}

Client *
client_enter (CallServer * server, const gchar * room, const gchar * peer_id)
{
  Client *client = client_upgrade (server, room, NULL);
  g_autoptr (CallMessage) welcome = NULL;

  client_hello (client, peer_id, NULL, NULL, 0);
  welcome = client_wait_message (client, CALL_MESSAGE_WELCOME);
  return client;
}

gint
client_read_frame (Client * client, gchar ** payload, gsize * length)
{
  const guint8 *data;
  gsize header = 2;
  gint type;

  for (;;) {
    data = client->input->data;
    if (client->input->len >= 2) {
      guint form = data[1] & 0x7f;

      g_assert_cmpint (data[1] & 0x80, ==, 0);
      header = form == 127 ? 10 : form == 126 ? 4 : 2;
      if (client->input->len >= header) {
        *length = form < 126 ? form : 0;
        for (gsize i = 2; i < header; i++)
          *length = *length << 8 | data[i];
        if (client->input->len >= header + *length)
          break;
      }
    }
    if (!read_more (client))
      return -1;
  }
  type = data[0] & 0xf;
  g_assert_cmpint (data[0] & 0xf0, ==, 0x80);
  *payload = g_strndup ((const gchar *) data + header, *length);
  memcpy (*payload, data + header, *length);
  g_byte_array_remove_range (client->input, 0, header + *length);
  return type;
}

CallMessage *
client_read_message (Client * client, guint * close_code)
{
  for (;;) {
    g_autofree gchar *payload = NULL;
    gsize length = 0;
    gint type = client_read_frame (client, &payload, &length);
    g_autoptr (GError) error = NULL;
    CallMessage *message;

    if (type == 10)
      continue;
    if (type == 9) {
      client_write_frame (client, 0x8a, payload, length);
    } else if (type == 1) {
      message = call_message_parse (payload, length, &error);
      g_assert_no_error (error);
      return message;
    } else {
      *close_code = type == 8 && length >= 2 ?
          (guint8) payload[0] << 8 | (guint8) payload[1] : 0;
      return NULL;
    }
  }
}

CallMessage *
client_wait_message (Client * client, CallMessageType type)
{
  for (;;) {
    guint close_code = 0;
    CallMessage *message = client_read_message (client, &close_code);

    if (message == NULL)
      g_error ("Closed with %u instead of a %s", close_code,
          call_message_type_to_string (type));
    if (message->type == type)
      return message;
    call_message_unref (message);
  }
}

guint
client_wait_close (Client * client)
{
  guint close_code = 0;
  CallMessage *message;

  while ((message = client_read_message (client, &close_code)))
    call_message_unref (message);
  return close_code;
}

guint
client_wait_refusal (Client * client, const gchar * code)
{
  g_autoptr (CallMessage) error = client_wait_message (client,
      CALL_MESSAGE_ERROR);

  g_assert_cmpstr (error->code, ==, code);
  g_assert_nonnull (error->text);
  return client_wait_close (client);
}

void
wait_seats (CallServer * server, guint n)
{
  gint64 end = g_get_monotonic_time () + WAIT * G_USEC_PER_SEC;
  guint rooms, seats;

  for (;;) {
    call_rooms_count (call_server_get_rooms (server), &rooms, &seats);
    if (seats == n)
      return;
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    /* there is nothing to be told of a seat that is given up */
    g_usleep (2000);
  }
}

void
remove_folder (const gchar * folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while ((name = g_dir_read_name (dir))) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);

    g_unlink (path);
  }
  g_rmdir (folder);
}
