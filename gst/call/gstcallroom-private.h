/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What gstcallroom.c (what the server says), gstcallmembers.c (who is here) and
 * gstcallmember.c (one of them, and the connection with it) share. The worker
 * only.
 */
#pragma once

#include "gstcallroom.h"

G_BEGIN_DECLS

/* The server is asked when peers fall silent or an address of this machine
 * went, and has so long to answer */
#define GST_CALL_CHECK_S 3

typedef struct
{
  GstCallRoom *room;
  CallPeer *info;
  GstCallPeer *peer;                /* NULL: no connection */
  gboolean placed;                  /* has a slot, is in the call */
  gboolean told;                    /* that it has to wait */
  guint slot;                       /* when it is placed … */
  gboolean had_slot;                /* … and when it comes back */
  guint absent;                     /* looks without socket and signs of life */
  gchar *last_session;              /* that is over; NULL: none was */
  guint retries;
  gint64 retry_at;                  /* monotonic; 0: not at all */
  gint64 connected_since;           /* monotonic; 0: not connected */
  guint sessions;                   /* that it may still start now … */
  gint64 sessions_time;             /* … counted at this time */
  GSource *gone;                    /* runs when the server does not know it */
} GstCallMember;

struct _GstCallRoom
{
  GObject parent;

  /* set once in new */
  GstElement *bin;                  /* outlives the room */
  const GstCallRoomOwner *owner;
  GstCallPeerConfig config;
  GPtrArray *own_servers;           /* from the property */
  GSource *ask_servers;             /* before their credentials expire */
  GQueue held;                      /* (element-type CallMessage): until the
                                     * ICE servers are ready */
  guint max_peers;

  guint resume_timeout;             /* seconds, of the server */
  CallSignaller *signaller;
  gchar *peer_id;
  gint64 seat;
  GHashTable *members;              /* peer id to GstCallMember */
  GstCallSlots *slots;
  GSource *look;                    /* whether they are still there */
  gchar *addresses;                 /* of this machine, at the last look */
};

/* An element message of the callbin: name, then fields as of a structure */
void gst_call_room_post (GstCallRoom * self, const gchar * name,
    const gchar * first, ...) G_GNUC_NULL_TERMINATED;
/* What others are shown of our tracks */
void gst_call_room_send_state (GstCallRoom * self);
void gst_call_room_send_close (GstCallRoom * self, const gchar * to,
    const gchar * session, const gchar * code, const gchar * text);
/* Somebody has fallen silent: is the server still there? */
void gst_call_room_check_signalling (GstCallRoom * self);
/* Is there a server that what is sent gets to? */
gboolean gst_call_room_can_signal (GstCallRoom * self);
/* After members or their connections changed: tells the owner how many are on
 * their way */
void gst_call_room_count_pending (GstCallRoom * self);
/* NULL when it is not there */
GstCallMember *gst_call_room_find (GstCallRoom * self, const gchar * peer_id);

/* gstcallmembers.c */
/* The server says that this peer is there. */
void gst_call_members_see (GstCallRoom * self, const CallPeer * info);
/* After a reconnect: whom the server does not list may still come back. */
void gst_call_members_miss (GstCallRoom * self, GPtrArray * listed);
void gst_call_members_remove (GstCallRoom * self, GstCallMember * member,
    const gchar * code);
void gst_call_members_remove_all (GstCallRoom * self);
/* After members came or went: who has waited longest takes a free place. */
void gst_call_members_fill (GstCallRoom * self);
/* A timer's, each GST_CALL_LOOK_MS, with the room: are they all still there? */
gboolean gst_call_members_look (gpointer room);

/* gstcallmember.c */
/* What peers ask of the room, which is their room_data */
extern const GstCallPeerRoom gst_call_member_peer_room;

GstCallMember *gst_call_member_new (GstCallRoom * room, const CallPeer * info);
void gst_call_member_free (gpointer member);
/* Is it ours to make the offers? */
gboolean gst_call_member_offers (GstCallMember * member);
/* Each session is a webrtcbin: a peer gets them at a bounded rate. */
gboolean gst_call_member_may_start (GstCallMember * member);
/* A fresh connection in place of the one there is. (transfer none) */
GstCallPeer *gst_call_member_start (GstCallMember * member,
    const gchar * session);
/* The connection is of no use: tells everybody, and tries again with a fresh
 * webrtcbin if it is ours to offer and may help (PROTOCOL.md, codes). */
void gst_call_member_fail (GstCallMember * member, const gchar * code,
    const gchar * text);
/* When it has a place: the first offer, or that it may offer again */
void gst_call_member_connect (GstCallMember * member);
/* A fresh session in place of the one there is, whoever offers */
void gst_call_member_restart (GstCallMember * member);
/* Ends a session that it offers: there is no place for it */
void gst_call_member_refuse (GstCallMember * member, const gchar * session);
/* It asks for another session after `session`, which is over */
void gst_call_member_asked (GstCallMember * member, const gchar * session);
/* Each GST_CALL_LOOK_MS: is it there, is it time to try again? FALSE: it has
 * neither a socket nor shown a sign of life for a while. */
gboolean gst_call_member_look (GstCallMember * member,
    const gchar * addresses);
/* It is not in the call any more, but may come back to it. */
void gst_call_member_lose (GstCallMember * member);
/* The peer ended it as it wanted to; it may still be in the room. */
void gst_call_member_close (GstCallMember * member);

G_END_DECLS
