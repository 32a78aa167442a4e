/*
 * Two threads and one page in zram, Linux 6.8, without tags: the scope that the script run writes down for Hooks, by hand. One reads the page, ROUNDS times; the other writes it and pages it out, ROUNDS times.
 * A step of Hooks is one transition here (d_step), under the same name; what a step asks and changes is what docs/fidelity.md says of it, for what this scope can reach.
 * Checked after each step: a mapped page shows what was last written (data-preservation), no reference is dropped that nobody has, and no slot is freed twice.
 */
#ifndef ROUNDS
#define ROUNDS 1
#endif

#define FRAMES 6
#define SLOTS 4

/* A page table entry: what it is, which frame or slot, bits. */
#define NONE 0
#define PRESENT 1
#define SWAP 2
#define W 1
#define D 2
#define X 4
#define PTE(kind, target, bits) (kind + ((target) << 2) + ((bits) << 5))
#define KIND(p) ((p) & 3)
#define TARGET(p) (((p) >> 2) & 7)
#define BITS(p) ((p) >> 5)

short pte = PTE(SWAP, 1, X);
byte ptl, readers, users = 1;
byte anonpages, swapents = 1;
byte expected = 1;

/* Folios, by frame; 0 is none. */
byte ref[FRAMES], entry[FRAMES], lock[FRAMES], maps[FRAMES], data[FRAMES];
bit uptodate[FRAMES], dirty[FRAMES], writeback[FRAMES], lru[FRAMES], cached[FRAMES], anon[FRAMES], exclusive[FRAMES], batch[FRAMES];

/* Slots; 0 is none. */
byte count[SLOTS] = { 0, 1, 0, 0 };
byte device[SLOTS] = { 0, 1, 0, 0 };
byte folioOf[SLOTS];
bit hasCache[SLOTS];

#define CHECK assert(KIND(pte) != PRESENT || data[TARGET(pte)] == expected)

inline put(f) {
	assert(ref[f] > 0);
	ref[f]--;
	if
	:: ref[f] == 0 -> entry[f] = 0; lock[f] = 0; maps[f] = 0; data[f] = 0; uptodate[f] = 0; dirty[f] = 0; writeback[f] = 0; lru[f] = 0; cached[f] = 0; anon[f] = 0; exclusive[f] = 0; batch[f] = 0
	:: else
	fi
}

inline alloc(f) {
	f = 1;
	do
	:: f < FRAMES && ref[f] > 0 -> f++
	:: else -> break
	od;
	assert(f < FRAMES);
	ref[f] = 1
}

inline addToBatch(f) { batch[f] = 1; ref[f]++ }

inline drain() {
	i = 1;
	do
	:: i < FRAMES ->
		if
		:: batch[i] -> batch[i] = 0; lru[i] = 1; put(i)
		:: else
		fi;
		i++
	:: else -> break
	od;
	i = 0
}

inline putSlot(s) {
	if
	:: count[s] == 0 && !hasCache[s] -> device[s] = 0
	:: else
	fi
}

inline deleteFromCache(f) {
	i = entry[f];
	cached[f] = 0; entry[f] = 0; folioOf[i] = 0; hasCache[i] = 0;
	putSlot(i);
	i = 0;
	put(f)
}

#define MAYFREESWAP(f) (cached[f] && !writeback[f] && count[entry[f]] == 0)

inline freeSwap(f) {
	if
	:: MAYFREESWAP(f) -> dirty[f] = 1; deleteFromCache(f)
	:: else
	fi
}

#define CLAIMED(s) (hasCache[s] && folioOf[s] == 0 && !claims)

/* An operation has ended: what the task knew is gone. */
inline forget() {
	users--;
	folio = 0; swapcache = 0; old = 0; ent = 0; orig = 0; new = 0; result = 0; seen = 0;
	writeFault = 0; writeLeft = 0; excl = 0; anonExcl = 0; claims = 0; answer = 0
}

active [2] proctype Task()
{
	byte me = 1 + _pid;
	byte left = (me == 1 -> ROUNDS : 2 * ROUNDS);
	byte folio, swapcache, old, ent, result, seen, i;
	short orig, new;
	bit writeFault, writeLeft, excl, anonExcl, claims, answer;

	/* An operation begins. */
end_next:
	if
	:: d_step { left > 0 && (me == 1 || (left & 1) == 0) -> left--; users++ }; goto Access
	:: d_step { left > 0 && me == 2 && (left & 1) == 1 -> left--; users++ }; goto MadviseLock
	fi;

	/* user_access */
Access:
	if
	:: d_step { (KIND(pte) == SWAP || (KIND(pte) == NONE && me == 2) || (KIND(pte) == PRESENT && me == 2 && !(BITS(pte) & W))) -> writeFault = (me == 2); writeLeft = (me == 2) }
	:: d_step { KIND(pte) == PRESENT && (me == 1 || (BITS(pte) & W)) ->
		if
		:: me == 2 -> pte = PTE(PRESENT, TARGET(pte), BITS(pte) | D); data[TARGET(pte)] = 2; expected = 2
		:: else
		fi;
		CHECK; forget() }; goto end_next
	:: d_step { KIND(pte) == NONE && me == 1 && ptl == 0 -> assert(expected == 0); forget() }; goto end_next
	fi;

	/* handle_mm_fault */
	d_step { readers++ };
	if
	:: d_step { KIND(pte) == PRESENT && writeLeft && !(BITS(pte) & W) && ptl == 0 -> ptl = me; folio = 0; swapcache = 0; old = 0; ent = 0; excl = 0; orig = pte }; goto do_wp_page
	:: d_step { KIND(pte) == NONE -> folio = 0; swapcache = 0; old = 0; ent = 0; excl = 0; orig = pte }; goto do_anonymous_page
	:: d_step { KIND(pte) == SWAP -> folio = 0; swapcache = 0; old = 0; ent = 0; excl = 0; orig = pte }; goto do_swap_page
	:: d_step { KIND(pte) == PRESENT && (!writeLeft || (BITS(pte) & W)) -> folio = 0; swapcache = 0; old = 0; ent = 0; excl = 0; orig = pte }; goto MmapReadUnlock
	fi;

do_anonymous_page:
	if :: d_step { alloc(folio); uptodate[folio] = 1 } fi;
	d_step { ptl == 0 -> ptl = me };
	/* PteNone: whoever had the lock has set the entry */
	d_step { assert(KIND(pte) != NONE) };
	d_step { put(folio) };
	d_step { ptl = 0 };
	goto MmapReadUnlock;

do_swap_page:
	if
	:: d_step { folioOf[TARGET(orig)] != 0 -> ent = TARGET(orig); claims = 0; excl = 0; folio = folioOf[ent]; swapcache = folio; ref[folio]++ }; goto FolioLock
	:: d_step { folioOf[TARGET(orig)] == 0 -> ent = TARGET(orig); claims = 0; excl = 0; folio = 0; swapcache = 0 }
	fi;
	/* SkipSwapcache */
	if
	:: d_step { count[ent] == 1 -> skip }
	:: d_step { count[ent] != 1 -> skip }; goto ReadSwapCacheAsync
	fi;
	/* SwapcachePrepare */
	if
	:: d_step { !hasCache[ent] && count[ent] != 0 -> hasCache[ent] = 1; claims = 1 }
	:: d_step { hasCache[ent] || count[ent] == 0 -> skip }; goto ScheduleTimeout
	fi;
	d_step { alloc(folio); lock[folio] = me; addToBatch(folio) };
	/* SwapReadpage */
	d_step { data[folio] = device[ent]; uptodate[folio] = 1; lock[folio] = 0 };
	goto FolioLock;

ReadSwapCacheAsync:
	if
	:: d_step { folioOf[ent] != 0 -> answer = 1; folio = folioOf[ent]; swapcache = folio; ref[folio]++ }; goto FolioLock
	:: d_step { folioOf[ent] == 0 && !CLAIMED(ent) && (hasCache[ent] || count[ent] == 0) -> answer = 0; folio = 0; swapcache = 0 }; goto NoFolio
	:: d_step { folioOf[ent] == 0 && !CLAIMED(ent) && !hasCache[ent] && count[ent] != 0 -> answer = 0; hasCache[ent] = 1; alloc(folio); swapcache = folio; ref[folio]++; cached[folio] = 1; entry[folio] = ent; folioOf[ent] = folio; addToBatch(folio); lock[folio] = me }
	fi;
	/* EndSwapRead */
	d_step { data[folio] = device[ent]; uptodate[folio] = 1; lock[folio] = 0 };
	d_step { drain() };

FolioLock:
	if
	:: d_step { lock[folio] == 0 && swapcache == 0 -> lock[folio] = me }; goto PteOffsetMapLock
	:: d_step { lock[folio] == 0 && swapcache != 0 -> lock[folio] = me }
	fi;
	/* FolioTestSwapcache */
	if
	:: d_step { cached[folio] && entry[folio] == ent -> skip }
	:: d_step { !cached[folio] || entry[folio] != ent -> skip }; goto OutFolioUnlock
	fi;
	/* LruAddDrainForWrite */
	d_step {
		if
		:: writeLeft && !lru[folio] -> drain()
		:: else
		fi };

PteOffsetMapLock:
	if :: d_step { ptl == 0 -> ptl = me } fi;
	if
	:: d_step { pte == orig -> skip }
	:: d_step { pte != orig -> skip }; goto OutNomap
	fi;
	/* FolioTestUptodate */
	d_step { assert(uptodate[folio]) };
	/* PteSwpExclusive */
	d_step { excl = (swapcache == 0 || (BITS(orig) & X)) };
	/* ArchSwapRestore */
	d_step { skip };
	/* SwapFree */
	d_step { assert(count[ent] > 0); count[ent]--; putSlot(ent) };
	/* FolioFreeSwap */
	d_step {
		if
		:: writeLeft && cached[folio] && ref[folio] == 2 -> freeSwap(folio)
		:: else
		fi };
	d_step { anonpages++; swapents-- };
	/* MkPte */
	d_step { new = PTE(PRESENT, folio, 0) };
	/* CheckExclusive */
	d_step {
		seen = ref[folio] + 16 * cached[folio] + 32 * batch[folio];
		if
		:: excl || ref[folio] == 1 ->
			excl = 1;
			if
			:: writeLeft -> new = PTE(PRESENT, folio, W + D); writeLeft = 0
			:: else
			fi
		:: else
		fi };
	/* PteSwpBits */
	d_step { skip };
	/* PageAddAnonRmapExclusive */
	d_step { maps[folio]++; anon[folio] = 1; exclusive[folio] = exclusive[folio] | excl };
	/* SetPteAt */
	d_step { pte = new; CHECK };
	/* ArchDoSwapPageNewPte */
	d_step { skip };
	d_step { lock[folio] = 0 };
	/* WriteFaultLeft */
	if
	:: d_step { !writeLeft -> skip }
	:: d_step { writeLeft -> orig = pte }; goto do_wp_page
	fi;
	d_step { ptl = 0 };
	goto SwapcacheClear;

OutNomap:
	if :: d_step { ptl = 0 } fi;
OutFolioUnlock:
	if :: d_step { lock[folio] = 0 } fi;
	d_step { put(folio) };
	goto SwapcacheClear;

NoFolio:
	if :: d_step { ptl == 0 -> ptl = me } fi;
	/* PteSameWithoutFolio */
	d_step { skip };
	d_step { ptl = 0 };
	goto SwapcacheClear;

ScheduleTimeout:
	if :: d_step { !CLAIMED(ent) -> skip } fi;

SwapcacheClear:
	if :: d_step {
		if
		:: claims -> claims = 0; hasCache[ent] = 0; putSlot(ent)
		:: else
		fi } fi;
	goto MmapReadUnlock;

do_wp_page:
	/* HandleUserfault */
	if :: d_step { skip } fi;
	/* VmNormalPage */
	d_step { old = TARGET(orig); folio = 0 };
	/* PageAnonExclusive */
	if
	:: d_step { exclusive[old] -> skip }; goto WpPageReuse
	:: d_step { !exclusive[old] -> skip }
	fi;
	/* EarlyChecks */
	if
	:: d_step { ref[old] > 3 -> skip }; goto GetPage
	:: d_step { ref[old] <= 3 ->
		if
		:: !lru[old] -> drain()
		:: else
		fi }
	fi;
	/* CheckRefCount */
	if
	:: d_step { ref[old] > 1 + cached[old] -> skip }; goto GetPage
	:: d_step { ref[old] <= 1 + cached[old] -> skip }
	fi;
	/* FolioTrylock */
	if
	:: d_step { lock[old] != 0 -> skip }; goto GetPage
	:: d_step { lock[old] == 0 -> lock[old] = me }
	fi;
	/* FolioFreeSwap */
	d_step { freeSwap(old) };
	/* RefCountIsOne */
	if
	:: d_step { ref[old] != 1 -> lock[old] = 0 }; goto GetPage
	:: d_step { ref[old] == 1 -> skip }
	fi;
	/* PageMoveAnonRmapExclusive */
	d_step { exclusive[old] = 1; lock[old] = 0 };

WpPageReuse:
	if :: d_step { pte = PTE(PRESENT, TARGET(pte), BITS(pte) | W | D) } fi;
	if
	:: d_step { ent == 0 -> ptl = 0 }; goto MmapReadUnlock
	:: d_step { ent != 0 -> ptl = 0 }; goto SwapcacheClear
	fi;

GetPage:
	if :: d_step { ref[old]++ } fi;
	d_step { ptl = 0 };
	d_step { alloc(folio) };
	/* CopyUserHighpage */
	d_step { data[folio] = data[old]; uptodate[folio] = 1 };
	d_step { ptl == 0 -> ptl = me };
	/* PteSame */
	if
	:: d_step { pte == orig -> skip }
	:: d_step { pte != orig -> skip }; goto Changed
	fi;
	/* PtepClearFlush */
	d_step { pte = PTE(NONE, 0, 0) };
	/* PageAddNewAnonRmapExclusive */
	d_step { maps[folio]++; anon[folio] = 1; exclusive[folio] = 1; addToBatch(folio) };
	/* SetPteAtNotify */
	d_step { pte = PTE(PRESENT, folio, W + D); CHECK };
	/* PageRemoveRmap */
	d_step { maps[old]--; put(old) };
	d_step { ptl = 0 };
	/* FreeSwapCache */
	d_step {
		if
		:: maps[old] == 0 && lock[old] == 0 -> freeSwap(old)
		:: else
		fi };
	goto PutOldPage;

Changed:
	if :: d_step { put(folio) } fi;
	d_step { ptl = 0 };

	/* do_wp_page() was called by handle_pte_fault(), or by do_swap_page(), which has an entry */
PutOldPage:
	if
	:: d_step { ent == 0 -> put(old) }; goto MmapReadUnlock
	:: d_step { ent != 0 -> put(old) }; goto SwapcacheClear
	fi;

MmapReadUnlock:
	if :: d_step { readers-- } fi;
	goto Access;

	/* madvise_pageout */
MadviseLock:
	if :: d_step { readers++; drain() } fi;
	d_step { ptl == 0 -> ptl = me };
	/* IsolateLruPage */
	if
	:: d_step { KIND(pte) == PRESENT && lru[TARGET(pte)] && maps[TARGET(pte)] == 1 -> folio = TARGET(pte); lru[folio] = 0; ref[folio]++ }
	:: d_step { KIND(pte) != PRESENT || !lru[TARGET(pte)] || maps[TARGET(pte)] != 1 -> skip };
		d_step { ptl = 0; result = 1 };
		goto Ended
	fi;
	/* ReclaimPages */
	d_step { ptl = 0 };

	/* shrink_folio_list: FolioTrylock */
	if
	:: d_step { lock[folio] == 0 -> lock[folio] = me; result = 1 }
	:: d_step { lock[folio] != 0 -> result = 1 }; goto PutbackLru
	fi;
	/* AddToSwap */
	d_step {
		ent = entry[folio];
		if
		:: !cached[folio] ->
			ent = 1;
			do
			:: ent < SLOTS && (count[ent] > 0 || hasCache[ent]) -> ent++
			:: else -> break
			od;
			assert(ent < SLOTS);
			hasCache[ent] = 1; folioOf[ent] = folio; ref[folio]++; cached[folio] = 1; entry[folio] = ent; dirty[folio] = 1
		:: else
		fi };

TryToUnmapOne:
	if
	:: d_step { KIND(pte) == PRESENT && TARGET(pte) == folio && ptl == 0 -> answer = 1; ptl = me }
	:: d_step { (KIND(pte) != PRESENT || TARGET(pte) != folio) && maps[folio] == 0 -> answer = 0 }; goto FolioTestDirty
	:: d_step { (KIND(pte) != PRESENT || TARGET(pte) != folio) && maps[folio] != 0 -> answer = 0 }; goto ActivateLocked
	fi;
	/* PtepClearFlush */
	d_step { orig = pte; pte = PTE(NONE, 0, 0); anonExcl = exclusive[folio]; dirty[folio] = dirty[folio] | ((BITS(orig) & D) != 0) };
	/* LazyfreeUnlessInUse */
	d_step { skip };
	/* SwapDuplicate */
	d_step { assert(count[ent] > 0 || hasCache[ent]); count[ent]++ };
	/* ArchUnmapOne */
	d_step { answer = 1 };
	/* PageTryShareAnonRmap */
	d_step { exclusive[folio] = 0 };
	/* SetSwapPte */
	d_step { pte = PTE(SWAP, ent, (anonExcl -> X : 0)); anonpages--; swapents++ };
	/* PageRemoveRmap */
	d_step { maps[folio]--; put(folio) };
	d_step { ptl = 0 };
	goto TryToUnmapOne;

FolioTestDirty:
	if
	:: d_step { dirty[folio] -> result = 2 }
	:: d_step { !dirty[folio] -> result = 2 }; goto FolioRefFreeze
	fi;
	/* IsPageCacheFreeable */
	if
	:: d_step { ref[folio] == 2 && cached[folio] -> skip }
	:: d_step { ref[folio] != 2 || !cached[folio] -> skip }; goto KeepLocked
	fi;
	/* SwapWritepage */
	if
	:: d_step { MAYFREESWAP(folio) -> dirty[folio] = 1; deleteFromCache(folio); answer = 1 }; goto KeepLocked
	:: d_step { !MAYFREESWAP(folio) -> dirty[folio] = 0; answer = 0 }
	fi;
	/* ArchPrepareToSwap */
	d_step { answer = 1 };
	/* StartWriteback */
	d_step { writeback[folio] = 1; device[ent] = data[folio]; answer = 0; lock[folio] = 0 };
	/* EndPageWriteback */
	d_step { writeback[folio] = 0 };
	/* FolioTrylockAgain */
	if
	:: d_step { lock[folio] != 0 -> skip }; goto PutbackLru
	:: d_step { lock[folio] == 0 && (dirty[folio] || writeback[folio]) -> lock[folio] = me }; goto KeepLocked
	:: d_step { lock[folio] == 0 && !dirty[folio] && !writeback[folio] -> lock[folio] = me }
	fi;
FolioRefFreeze:
	if :: d_step { skip } fi;
	/* RemoveMapping */
	if
	:: d_step { cached[folio] && ref[folio] == 2 && !dirty[folio] -> deleteFromCache(folio); lock[folio] = 0 }
	:: d_step { !cached[folio] || ref[folio] != 2 || dirty[folio] -> skip }; goto KeepLocked
	fi;
	/* FreeIt */
	d_step { put(folio) };
	goto Ended;

ActivateLocked:
	if :: d_step { skip } fi;
KeepLocked:
	if :: d_step { lock[folio] = 0 } fi;
PutbackLru:
	if :: d_step { addToBatch(folio); put(folio) } fi;

Ended:
	/* MmapReadUnlock */
	if :: d_step { readers--; forget() } fi;
	goto end_next;
}
