/* How a pyramid lies in its file; shared by what reads and what writes it. */
#ifndef CHARTS_SRC_PYRAMIDFILE_H
#define CHARTS_SRC_PYRAMIDFILE_H

#include "pyramid.h"

enum { PYRAMID_HEADER = 512, PYRAMID_NODE_MOST = 48 + 8 * SUMMARY_VALUES };

/* Bytes of a node of a kind. */
size_t pyramidfile_node(series_kind kind);
/* Offset of a node. */
uint64_t pyramidfile_offset(series_kind kind, size_t segment, unsigned level, uint64_t place);
/* A node to and from its bytes; the checksum is made with `key`, level and place among all nodes of its level. */
void pyramidfile_encode(unsigned char *bytes, const pyramid_node *node, series_kind kind, uint64_t key, size_t segment,
                        unsigned level, uint64_t place);
bool pyramidfile_decode(pyramid_node *node, const unsigned char *bytes, series_kind kind, uint64_t key, size_t segment,
                        unsigned level, uint64_t place);
void pyramidfile_encode_header(unsigned char bytes[PYRAMID_HEADER], const pyramid_state *state, uint64_t key);
bool pyramidfile_decode_header(pyramid_state *state, uint64_t *key, const unsigned char bytes[PYRAMID_HEADER]);

#endif
