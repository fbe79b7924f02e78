/*
 * redact_pnm.h - a stream of PNM images again, with boxes filled
 *
 * Only samples inside of boxes change: headers keep their bytes, comments and
 * all, and so does whatever separates one image from the next.
 */
#ifndef UNPHI_IMAGE_REDACT_PNM_H
#define UNPHI_IMAGE_REDACT_PNM_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "base/outfile.h"
#include "image/fill.h"
#include "image/rects.h"
#include "image/redact.h"
#include "stream/pnm.h"

/*
 * Adds to OUT, which is empty, what is to be filled on P, image NUMBER (from 1)
 * of COUNT in the stream; it may reach over the edges. Returns 0 or -1.
 */
typedef int redact_pnm_fn(void *arg, const struct pnm *p, uint32_t number,
    uint32_t count, struct rects *out, struct err *e);

/*
 * Copies IN, which can be sought in, to O and fills; FILL and KEEP are as in
 * redact.h, and an image's number counts as its frame's. REPORT counts images as
 * frames; its syntaxes are "pnm". Returns 0, or -1 with E filled; O is left to
 * the caller either way.
 */
int redact_pnm(FILE *in, const struct fill_style *fill, bool keep,
    redact_pnm_fn *boxes, void *arg, struct outfile *o,
    struct redact_report *report, struct err *e);

#endif
