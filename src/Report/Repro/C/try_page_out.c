//include sys/mman.h
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
