/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallWish: what the properties of an element ask for. GstCallChoice: what
 * is opened for it. Pure functions; no locks, no threads.
 */
#pragma once

#include "gstcallconstraints.h"
#include "gstcalldevicelist.h"

G_BEGIN_DECLS

/* Any of them NULL or empty: does not matter. */
typedef struct
{
  gchar *device_id;
  gchar *label;                 /* glob */
  GstCallConstraints *constraints;
} GstCallWish;

void gst_call_wish_copy (GstCallWish * to, const GstCallWish * from);
void gst_call_wish_clear (GstCallWish * wish);
/* TRUE: it asks for a device, not for any. */
gboolean gst_call_wish_names_device (const GstCallWish * wish);

/* Constant once made. */
typedef struct
{
  gatomicrefcount refs;
  GstCallDevice *device;        /* NULL: a substitute */
  GstCaps *mode;                /* of the device: a subset of its caps */
  guint processing;             /* GST_CALL_BIT of what is done to sound */
  gboolean hold;                /* substitute: last picture, not black */
} GstCallChoice;

GstCallChoice *gst_call_choice_new (GstCallDevice * device, GstCaps * mode,
    guint processing);
GstCallChoice *gst_call_choice_new_substitute (gboolean hold);
GstCallChoice *gst_call_choice_ref (GstCallChoice * choice);
void gst_call_choice_unref (GstCallChoice * choice);
/* TRUE: the same device in the same mode, or the same substitute. */
gboolean gst_call_choice_equal (const GstCallChoice * a,
    const GstCallChoice * b);
/* TRUE: both are one physical device, which cannot be open twice. */
gboolean gst_call_choice_conflicts (const GstCallChoice * a,
    const GstCallChoice * b);

/* Of devices (GstCallDevice, best first) and their modes what fits wish best.
 * downstream (nullable): what the output may be. except (nullable): ids that
 * do not count. processing: sound can be cleaned. NULL: error says what is there
 * and what to do; *failed is the name of the constraint that is to blame, or
 * NULL. */
GstCallChoice *gst_call_choose (GPtrArray * devices, GstCallDeviceKind kind,
    const GstCallWish * wish, const GstCaps * downstream, GHashTable * except,
    gboolean processing, const gchar ** failed, GError ** error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstCallWish, gst_call_wish_clear)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstCallChoice, gst_call_choice_unref)

G_END_DECLS
