/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Locks, in the order they may be taken
 *
 *   1 self->lock     protects: table
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-addresses.h"

#include <netinet/in.h>
#include <string.h>

/* An attacker with many addresses must not fill the memory with refusals */
#define MAX_ENTRIES 65536

typedef struct
{
  CallAddress address;          /* the key */
  guint connections;
  guint refusals;
  gint64 window_end;            /* seconds */
} Entry;

struct _CallAddresses
{
  GMutex lock;
  GHashTable *table;
};

void
call_address_from_sockaddr (CallAddress * address, const struct sockaddr *from)
{
  memset (address, 0, sizeof *address);
  if (from->sa_family == AF_INET) {
    address->bytes[10] = address->bytes[11] = 0xff;
    memcpy (address->bytes + 12,
        &((const struct sockaddr_in *) from)->sin_addr, 4);
  } else if (from->sa_family == AF_INET6) {
    const struct in6_addr *in6 =
        &((const struct sockaddr_in6 *) from)->sin6_addr;
    gboolean whole = IN6_IS_ADDR_V4MAPPED (in6) || IN6_IS_ADDR_LOOPBACK (in6);

    memcpy (address->bytes, in6, whole ? 16 : 8);
  }
}

gboolean
call_address_is_loopback (const CallAddress * address)
{
  static const guint8 mapped[13] = {[10] = 0xff,[11] = 0xff,[12] = 127 };
  static const guint8 six[16] = {[15] = 1 };

  return memcmp (address->bytes, mapped, sizeof mapped) == 0
      || memcmp (address->bytes, six, sizeof six) == 0;
}

static guint
address_hash (gconstpointer key)
{
  const CallAddress *address = key;
  guint hash = 5381;

  for (guint i = 0; i < sizeof address->bytes; i++)
    hash = hash * 33 + address->bytes[i];
  return hash;
}

static gboolean
address_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (CallAddress)) == 0;
}

CallAddresses *
call_addresses_new (void)
{
  CallAddresses *self = g_new0 (CallAddresses, 1);

  g_mutex_init (&self->lock);
  self->table = g_hash_table_new_full (address_hash, address_equal, NULL,
      g_free);
  return self;
}

void
call_addresses_free (CallAddresses * self)
{
  g_hash_table_unref (self->table);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static gboolean
is_unused (gpointer key, gpointer value, gpointer user_data)
{
  const Entry *entry = value;

  return entry->connections == 0
      && entry->window_end <= *(const gint64 *) user_data;
}

static Entry *
get_entry_locked (CallAddresses * self, const CallAddress * address)
{
  Entry *entry = g_hash_table_lookup (self->table, address);

  if (entry == NULL) {
    if (g_hash_table_size (self->table) >= MAX_ENTRIES) {
      gint64 never = G_MAXINT64;

      g_hash_table_foreach_remove (self->table, is_unused, &never);
    }
    entry = g_new0 (Entry, 1);
    entry->address = *address;
    g_hash_table_insert (self->table, &entry->address, entry);
  }
  return entry;
}

gboolean
call_addresses_enter (CallAddresses * self, const CallAddress * address,
    guint max)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Entry *entry = get_entry_locked (self, address);

  if (max != 0 && entry->connections >= max)
    return FALSE;
  entry->connections++;
  return TRUE;
}

void
call_addresses_leave (CallAddresses * self, const CallAddress * address)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Entry *entry = g_hash_table_lookup (self->table, address);

  if (--entry->connections == 0 && entry->refusals == 0)
    g_hash_table_remove (self->table, address);
}

void
call_addresses_add_refusal (CallAddresses * self,
    const CallAddress * address, gint64 now)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  Entry *entry = get_entry_locked (self, address);

  if (entry->window_end <= now) {
    entry->refusals = 0;
    entry->window_end = now + CALL_REFUSAL_WINDOW;
  }
  entry->refusals++;
}

gint64
call_addresses_get_wait (CallAddresses * self, const CallAddress * address,
    gint64 now)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  const Entry *entry = g_hash_table_lookup (self->table, address);

  if (entry == NULL || entry->refusals < CALL_MAX_REFUSALS)
    return 0;
  return MAX (0, entry->window_end - now);
}
