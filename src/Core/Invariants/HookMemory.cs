using Hooks.Core.Arch;
using Hooks.Core.Mm;

namespace Hooks.Core.Invariants;

/// <summary>Of hooks that are an architecture's own C: what they allocate is referred to until it is freed, and freed once, and they follow no pointer into nowhere.</summary>
internal sealed class HookMemory : IInvariant
{
    private const byte Leaked = 0;
    private const byte FreedTwice = 1;
    private const byte Crashed = 2;

    /// <inheritdoc/>
    public InvariantId Id => InvariantId.HookMemory;

    /// <inheritdoc/>
    public string Name => "hook-memory";

    /// <inheritdoc/>
    public string Statement => "what an architecture's own C allocates is referred to until it is freed, and freed once; it follows no pointer into nowhere";

    /// <inheritdoc/>
    public Mark ExercisedBy => Mark.MetadataSaved;

    /// <inheritdoc/>
    public string Exercise => "metadata was saved";

    /// <inheritdoc/>
    public Concern Concerns => Concern.None;

    /// <inheritdoc/>
    public Oops Complaints => Oops.HookLeaked | Oops.HookFreedWrongly | Oops.HookCrashed;

    /// <inheritdoc/>
    public bool AppliesTo(IArchHooks arch, bool marksExclusive) => arch.CountsMemory;

    /// <inheritdoc/>
    public bool Holds(in View v, out Breach breach)
    {
        breach = default;
        if ((v.Report.Oops & Complaints) == 0) return true;
        breach = new Breach(Id, (v.Report.Oops & Oops.HookCrashed) != 0 ? Crashed : (v.Report.Oops & Oops.HookFreedWrongly) != 0 ? FreedTwice : Leaked, v.Task.Mm, v.Task.Page);
        return false;
    }

    /// <inheritdoc/>
    public string Describe(in Breach breach) => breach.Code switch
    {
        Crashed => $"the hook that {breach.Mm} has come to follows a pointer into nowhere",
        FreedTwice => $"the hook that {breach.Mm} has come to frees what is not allocated, or uses what is not any more, or what is behind the end of it",
        _ => $"the hook that {breach.Mm} has come to leaves memory behind that is allocated, and that nothing refers to",
    };
}
