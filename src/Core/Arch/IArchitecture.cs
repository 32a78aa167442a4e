namespace Hooks.Core.Arch;

/// <summary>The hooks of an architecture as they were at some time. Ordered; each value says what changed.</summary>
public enum HookEra
{
    /// <summary>arm64 restores tags in set_pte_at(). No architecture has an exclusive bit in swap PTEs.</summary>
    Linux5_16,

    /// <summary>arm64 (and x86, s390, powerpc) keep the exclusive marker in swap PTEs (1493a1913e34 and its series).</summary>
    Linux5_19,

    /// <summary>Every architecture keeps it, sparc too (6.3).</summary>
    Linux6_4,

    /// <summary>Series v1, patch 2/3: the generic arch_do_swap_page() calls arch_swap_restore().</summary>
    SeriesV1Part2,

    /// <summary>arm64 restores tags in arch_swap_restore() only; set_pte_at() no longer looks at the swap entry.</summary>
    Linux6_5,

    /// <summary>arm64's page table entries have a uffd-wp bit, and its swap PTEs a new layout (6.10).</summary>
    Linux6_10,
}

/// <summary>An architecture over time: gives the hooks it had in an era.</summary>
public interface IArchitecture
{
    /// <summary>The name used in cases and on the command line.</summary>
    string Name { get; }

    /// <summary>One line for <c>hooks list archs</c>.</summary>
    string Description { get; }

    /// <summary>The hooks of that era.</summary>
    IArchHooks Hooks(HookEra era);
}

/// <summary>No metadata: the control experiment. What fails here is not the architecture's fault.</summary>
public sealed class NoArchitecture : IArchitecture
{
    private static readonly NoArch Instance = new();

    /// <inheritdoc/>
    public string Name => Instance.Name;

    /// <inheritdoc/>
    public string Description => "no metadata, every hook does nothing; the control experiment";

    /// <inheritdoc/>
    public IArchHooks Hooks(HookEra era) => Instance;
}
