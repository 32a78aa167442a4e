using System.Runtime.CompilerServices;

namespace Hooks.Core.Mm;

/// <summary>What can be made to fail (<c>CONFIG_FAULT_INJECTION</c> has fail_page_alloc, failslab and fail_make_request).</summary>
public enum FaultKind : byte
{
    /// <summary>Allocating a page.</summary>
    Alloc,

    /// <summary>Reading a page from swap.</summary>
    Read,

    /// <summary>What arch_prepare_to_swap() allocates.</summary>
    Save,

    /// <summary>What arch_unmap_one() allocates.</summary>
    Unmap,
}

/// <summary>For each kind, how many calls until one fails; 0: none will.</summary>
[InlineArray(Kinds)]
public struct FaultCounters
{
    /// <summary>How many kinds there are.</summary>
    public const int Kinds = 4;

    private byte _element;
}
