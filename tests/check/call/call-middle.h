/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two callbins, "ann" and "bob", in two rooms, and between them somebody who is
 * a member of both and passes on what each says to the other: bob offers.
 */
#pragma once

#include "call-test.h"

#include "call-signaller.h"

typedef struct _CallMiddle CallMiddle;

struct _CallMiddle
{
  CallSignaller *with[2];       /* 0: in ann's room, 1: in bob's */
  CallSide *sides[2];           /* 0: ann, 1: bob */
  gchar *ids[2];
  const gchar *bob_sends;       /* sources; NULL: picture and sound, as ann */
  /* What side `from` said, before it goes on; may change it. FALSE: it stays
   * here. */
  gboolean (*pass) (CallMiddle * middle, guint from, CallMessage * message);
};

/* `pass` is set */
void call_middle_set_up (CallMiddle * middle);
void call_middle_tear_down (CallMiddle * middle);
/* To that side, from who stands in for the other */
void call_middle_send (CallMiddle * middle, guint side, CallMessage * message);
