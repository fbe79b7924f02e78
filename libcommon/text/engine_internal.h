/* engine_internal.h - what engine.c's table is made of; for engine*.c alone */
#ifndef UNPHI_TEXT_ENGINE_INTERNAL_H
#define UNPHI_TEXT_ENGINE_INTERNAL_H

#include <leptonica/allheaders.h>

#include "text/engine.h"

void *engine_ocr_open(const struct ocr_options *w, struct err *e);
void engine_ocr_close(void *own);
int engine_ocr_find(void *own, const struct picture *p, struct box_record *r, struct err *e);
int engine_edge_find(void *own, const struct picture *p, struct box_record *r, struct err *e);
int engine_threshold_find(void *own, const struct picture *p, struct box_record *r, struct err *e);
int engine_strips_find(void *own, const struct picture *p, struct box_record *r, struct err *e);

/* G for leptonica, 8 bits deep; for its pixDestroy. NULL with E filled out of memory. */
PIX *engine_pix(const struct gray *g, struct err *e);
/*
 * Adds to R the box of X, Y, W, H, which may reach out of an image of WIDTH x HEIGHT, grown by GROW pixels on each side.
 * Returns 0, or -1 with E filled.
 */
int engine_box(struct box_record *r, l_int32 x, l_int32 y, l_int32 w, l_int32 h, l_int32 grow, uint32_t width,
    uint32_t height, struct err *e);

/* Calls FIND for the luma of P and, when it is coloured, for its greatest primaries too. */
int engine_each_gray(const struct picture *p, int (*find)(const struct gray *g, struct box_record *r, struct err *e),
    struct box_record *r, struct err *e);

#endif
