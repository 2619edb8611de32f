/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One connection of the server, from its first byte of HTTP, or (odd first
 * byte) from its first frame: whatever comes, the other member of the room
 * hears only whole messages with the true sender's id in them. The rest of
 * the first byte says how the input is cut into pieces.
 */
#include "call-connection.h"
#include "fuzz.h"

#include <string.h>

static const gchar upgrade[] = "GET /room/tea HTTP/1.1\r\nHost: x\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: gst-call.1\r\n\r\n";

typedef struct
{
  guint64 seq;
  gchar *stranger;              /* the id of the one who joined */
} Witness;

static void
on_deliver (gpointer data, const gchar * text, gsize length)
{
  Witness *witness = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (CallMessage) message = call_message_parse (text, length, &error);

  if (message == NULL)
    g_error ("What was delivered is no message: %s", error->message);
  if (message->type == CALL_MESSAGE_WELCOME)
    return;
  if (message->seq != ++witness->seq)
    g_error ("Number %" G_GUINT64_FORMAT " is missing", witness->seq);
  if (message->type == CALL_MESSAGE_PEER_JOINED) {
    g_free (witness->stranger);
    witness->stranger = g_strdup (message->peer->peer_id);
  } else if (message->type >= CALL_MESSAGE_OFFER
      && message->type <= CALL_MESSAGE_CLOSE) {
    if (g_strcmp0 (message->from, witness->stranger) != 0)
      g_error ("%s is not who it says", message->from);
  }
}

static void
on_closed (gpointer data, guint code)
{
  if (code != CALL_CLOSE_NORMAL)
    g_error ("The witness was put out");
}

static CallMember *
place_witness (CallRooms * rooms, Witness * witness)
{
  static const CallMemberFuncs funcs = { on_deliver, on_closed };
  g_autoptr (CallMessage) hello = call_message_new (CALL_MESSAGE_HELLO);

  hello->version = CALL_PROTOCOL_VERSION;
  hello->peer = call_peer_new ("w");
  return call_rooms_join (rooms, "tea", hello, CALL_JOIN_TRUSTED, &funcs,
      witness, NULL, NULL);
}

static void
feed (CallConnection * connection, const guint8 * data, gsize size, gsize piece)
{
  while (size > 0) {
    gsize length = MIN (size, piece);
    g_autofree guint8 *copy = g_memdup2 (data, length);

    call_connection_feed (connection, copy, length);
    if (connection->phase == CALL_PHASE_UPGRADED)
      call_connection_enter (connection);
    data += length;
    size -= length;
  }
  call_connection_tick (connection, g_get_monotonic_time ());
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  CallRoomsSettings settings;
  CallHost host = { 0 };
  CallAddress address = { {0} };
  Witness witness = { 0, NULL };
  CallMember *member;
  CallConnection *connection;
  guint rooms, seats;

  if (size < 1)
    return 0;
  call_rooms_settings_init (&settings);
  settings.resume_key = g_bytes_new_static ("fuzz", 4);
  settings.resume_timeout = 0;
  host.rooms = call_rooms_new (&settings);
  call_rooms_settings_clear (&settings);
  host.addresses = call_addresses_new ();
  host.limits.head_timeout = host.limits.hello_timeout =
      host.limits.pong_timeout = G_USEC_PER_SEC * 60;
  host.limits.message_rate = 1;
  host.limits.message_burst = 100;
  host.limits.max_queue = 1 << 20;

  member = place_witness (host.rooms, &witness);
  connection = call_connection_new (&host, -1, &address);
  if (data[0] & 1)
    feed (connection, (const guint8 *) upgrade, strlen (upgrade), 1000);
  feed (connection, data + 1, size - 1, 1 + (data[0] >> 1) * 16);
  call_connection_drop (connection);
  call_connection_unref (connection);

  /* nothing of it stays */
  call_rooms_expire (host.rooms);
  call_rooms_count (host.rooms, &rooms, &seats);
  if (seats != 1)
    g_error ("%u seats are left", seats);
  call_member_leave (member, "bye");
  call_member_unref (member);
  call_addresses_free (host.addresses);
  g_object_unref (host.rooms);
  g_free (witness.stranger);
  return 0;
}
