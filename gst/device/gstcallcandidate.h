/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the devices of a list can be set to, as the settings that W3C
 * SelectSettings chooses from. Pure functions over caps.
 */
#pragma once

#include "gstcallconstraints.h"
#include "gstcalldevicelist.h"
#include "gstcallmode.h"

G_BEGIN_DECLS

typedef struct
{
  GstCallDevice *device;        /* of the list, not a reference */
  guint structure;              /* of the device's caps; G_MAXUINT: any */
  gdouble cost;                 /* how far from what is wanted by default */
  guint order;                  /* of the device in the list */
} GstCallCandidate;

/* The candidates of devices (GstCallDevice, best first), best first, and in
 * settings (GstCallSettings) theirs at the same index. Ranges stand for the
 * values in them that constraints or downstream can prefer. downstream
 * (nullable): what the output may be. processing: sound can be cleaned of echo
 * and noise. */
GArray *gst_call_candidates_new (GPtrArray * devices,
    GstCallDeviceKind kind, const GstCallConstraints * constraints,
    const GstCaps * downstream, gboolean processing, GArray ** settings);

/* (transfer full): caps of the device that are this candidate. */
GstCaps *gst_call_candidate_get_mode (const GstCallCandidate * candidate,
    const GstCallSettings * settings, const GstCallConstraints * constraints);

G_END_DECLS
