namespace Hooks.Core.Mm;

/// <summary>What differs from one kernel's mm/swapfile.c to another's in how slots are given out and taken back.</summary>
[Flags]
internal enum SlotRules : byte
{
    /// <summary>The lowest free slot is given out; a freed one is free at once.</summary>
    None = 0,

    /// <summary>Freed slots may be held back in a CPU's slot cache (mm/swap_slots.c; until 6.13).</summary>
    HoldBack = 1,

    /// <summary>Slots are given out in turn, and a freed one again only when the end of the cluster has been reached (per-CPU cluster; 6.15 on).</summary>
    InTurn = 2,
}
