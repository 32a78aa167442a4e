using System.Collections.Frozen;
using System.Collections.Immutable;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Mm;
using Hooks.Core.Paths;
using Hooks.Core.Workloads;

namespace Hooks.Core.Kernels;

/// <summary>
/// A kernel as data: a release, the patches that it carries or lacks beyond that, and for each path the order of its steps. Made from
/// another by <c>With</c>, as the kernel's history is.
/// </summary>
public sealed class Kernel
{
    private readonly KernelPath?[] _paths = new KernelPath?[Enum.GetValues<PathId>().Length];

    /// <summary>A kernel of these paths.</summary>
    /// <param name="name">The name used in cases and on the command line.</param>
    /// <param name="version">The release that it is, or is made from.</param>
    /// <param name="commit">The commit that made it what it is, or the message it was posted in.</param>
    /// <param name="description">One line for <c>hooks list kernels</c>.</param>
    /// <param name="paths">The paths.</param>
    /// <exception cref="ArgumentException">A path reads what is not set, keeps a lock, or does whatever else <see cref="PathCheck"/> finds.</exception>
    public Kernel(string name, KernelVersion version, string commit, string description, params IReadOnlyList<KernelPath> paths)
        : this(name, version, commit, description, paths, check: true)
    {
    }

    private Kernel(string name, KernelVersion version, string commit, string description, IReadOnlyList<KernelPath> paths, bool check)
    {
        Name = name;
        Version = version;
        Commit = commit;
        Description = description;
        Paths = [.. paths.OrderBy(p => p.Id)];
        foreach (var path in paths) _paths[(int)path.Id] = path;
        if (check && Faults().FirstOrDefault() is { } fault) throw new ArgumentException($"kernel {name}: {fault}", nameof(paths));
    }

    /// <summary>The name used in cases and on the command line.</summary>
    public string Name { get; }

    /// <summary>The release that it is, or is made from.</summary>
    public KernelVersion Version { get; }

    /// <summary>The commit that made it what it is, or the message it was posted in.</summary>
    public string Commit { get; }

    /// <summary>One line for <c>hooks list kernels</c>.</summary>
    public string Description { get; }

    /// <summary>Commits and series that it carries though its release does not have them (backports, patches never merged).</summary>
    public FrozenSet<string> Carried { get; init; } = FrozenSet<string>.Empty;

    /// <summary>Commits that it lacks though its release has them.</summary>
    public FrozenSet<string> Lacking { get; init; } = FrozenSet<string>.Empty;

    /// <summary>What it is known to break on any architecture.</summary>
    public InvariantSet Breaks { get; init; }

    /// <summary>What it is known to break on an architecture: by itself, through the architecture's hooks, and by how the two map pages.</summary>
    public InvariantSet ExpectedOn(IArchitecture architecture)
    {
        if (architecture.Beyond.Count > 0) return InvariantSet.None;

        // A page mapped writable and clean can be written through a pin, and nobody knows: on a read fault from 6.11 on, by mprotect() from 6.2 on (tags turned on).
        var hooks = architecture.Hooks(this);
        var mapsClean = Has("c18160dba5ff", new KernelVersion(6, 11)) || (hooks.Metadata.Any && Has("7ea7e333842e", new KernelVersion(6, 2)));
        // A page read around the swap cache is clean and in no cache, though it was never given up; who shares it can have MADV_FREE drop it for all.
        var dropsShared = !Has(KernelCatalogue.NothingAroundTheCache, new KernelVersion(7, 0)) && !Carried.Contains(KernelCatalogue.FreeAsksMapcount);
        var lost = dropsShared || (mapsClean && !hooks.MkwriteDirties) ? InvariantSet.Of(InvariantId.DataPreservation) : InvariantSet.None;
        return (Breaks | architecture.ExpectedBreaches(this) | lost) & InvariantCatalogue.ApplyingTo(hooks, this);
    }

    /// <summary>
    /// What operations that interleave are known to break on an architecture: what breaks anyway, as races have more ways to it, and what only they break. A page read around the swap cache whose slot nobody has claimed may be
    /// mapped though it is old (13ddaf26be32), its tags with it, and in the place of one that is pinned. And reuse_swap_page() (until 5.17) asks counts of others that may be gone a moment later.
    /// </summary>
    public InvariantSet RacesOn(IArchitecture architecture)
    {
        if (architecture.Beyond.Count > 0) return InvariantSet.None;
        var old = Has(KernelCatalogue.Claim, new KernelVersion(6, 8)) ? InvariantSet.None : InvariantSet.Of(InvariantId.DataPreservation, InvariantId.TagPreservation, InvariantId.PinStability);
        if (Version < new KernelVersion(5, 18)) old = old.With(InvariantId.ExclusiveDetected);
        return ExpectedOn(architecture) | ((old | architecture.ExpectedRaces(this)) & InvariantCatalogue.ApplyingTo(architecture.Hooks(this), this));
    }

    /// <summary>
    /// What it is known to break on an architecture where pages come in large folios, and only there. From 7.0 on swapoff maps a page of a large folio that was only read so far as if it were the whole of it
    /// (docs/findings.md): map counts, exclusive marks, and do_swap_page() comes to a BUG_ON().
    /// </summary>
    public InvariantSet LargeOn(IArchitecture architecture)
    {
        var unuse = Has(KernelCatalogue.NothingAroundTheCache, new KernelVersion(7, 0)) ? InvariantSet.Of(InvariantId.Refcount, InvariantId.Exclusivity, InvariantId.Progress) : InvariantSet.None;
        return (architecture.ExpectedLarge(this) | unuse) & InvariantCatalogue.ApplyingTo(architecture.Hooks(this), this);
    }

    /// <summary>Whether it marks pages exclusive (PageAnonExclusive; 6c287605fd56, 5.19).</summary>
    public bool MarksExclusive => Has("6c287605fd56", new KernelVersion(5, 19));

    /// <summary>What it does not promise, by design: not checked.</summary>
    public InvariantSet Waives { get; init; }

    /// <summary>Rules that are the other way round than they should be.</summary>
    private MmRules Wrong { get; init; }

    /// <summary>Whether it was read from somebody's source, which may follow a pointer that is none: where the model can go no further, that is the kernel's doing (progress), and no mistake of Hooks.</summary>
    internal bool MayCrash { get; private init; }

    /// <summary>What it does otherwise than others inside the steps.</summary>
    internal MmRules Rules =>
        ((Has(KernelCatalogue.NothingHeldBack, new KernelVersion(6, 14)) ? MmRules.None : MmRules.HoldBack)
        | (Has(KernelCatalogue.SlotsInTurn, new KernelVersion(6, 15)) ? MmRules.InTurn : MmRules.None)
        | (Has(KernelCatalogue.FreshIsNew, new KernelVersion(6, 11)) ? MmRules.FreshIsNotMlocked : MmRules.None)
        | (Version >= new KernelVersion(5, 18) ? MmRules.LockedIsActivated : MmRules.None)
        | LargeRules)
        ^ Wrong;

    /// <summary>What becomes of large folios. Paths that were read from source are lowered for folios of one page: there are no others with them.</summary>
    private MmRules LargeRules =>
        MayCrash
            ? MmRules.None
            : MmRules.LargeFolios
            | (Version >= new KernelVersion(6, 10) ? MmRules.LargeSwapOut : MmRules.None)
            | (Has("b1f202060afe", new KernelVersion(6, 12)) ? MmRules.SplitToZeroPage : MmRules.None)
            | (Version >= new KernelVersion(6, 15) ? MmRules.KnowsMms : MmRules.None)
            | (Has(KernelCatalogue.NothingAroundTheCache, new KernelVersion(7, 0)) ? MmRules.LargeSwapIn : Has("242d12c98174", new KernelVersion(6, 12)) ? MmRules.LargeReadAround : MmRules.None);

    /// <summary>The paths, in the order of <see cref="PathId"/>.</summary>
    public ImmutableArray<KernelPath> Paths { get; }

    /// <summary>The path with an id.</summary>
    /// <exception cref="InvalidOperationException">The kernel has no such path.</exception>
    public KernelPath this[PathId id] =>
        _paths[(int)id] ?? throw new InvalidOperationException($"kernel {Name} has no path {id}");

    /// <summary>Whether it has a commit: by its release, or as a backport, and not left out.</summary>
    /// <param name="commit">The commit.</param>
    /// <param name="since">The release that first had it.</param>
    public bool Has(string commit, KernelVersion since) => Carried.Contains(commit) || (Version >= since && !Lacking.Contains(commit));

    /// <summary>The next kernel of history: another name and commit, and these paths replaced.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="commit">What made it what it is.</param>
    /// <param name="description">One line.</param>
    /// <param name="replaced">The paths that are different.</param>
    public Kernel With(string name, string commit, string description, params IReadOnlyList<KernelPath> replaced) =>
        With(name, Version, commit, description, replaced);

    /// <summary>The next kernel of history, of another release.</summary>
    /// <inheritdoc cref="With(string, string, string, IReadOnlyList{KernelPath})"/>
    /// <param name="name">Its name.</param>
    /// <param name="version">Its release.</param>
    /// <param name="commit">What made it what it is.</param>
    /// <param name="description">One line.</param>
    /// <param name="replaced">The paths that are different.</param>
    public Kernel With(string name, KernelVersion version, string commit, string description, params IReadOnlyList<KernelPath> replaced) =>
        new(name, version, commit, description, Merged(replaced), check: true) { Carried = Carried, Lacking = Lacking, Breaks = Breaks, Waives = Waives };

    /// <summary>This kernel with commits and series that its release does not have.</summary>
    public Kernel Carrying(params IReadOnlyList<string> commits) =>
        new(Name, Version, Commit, Description, Paths, check: false) { Carried = FrozenSet.ToFrozenSet([.. Carried, .. commits]), Lacking = Lacking, Breaks = Breaks, Waives = Waives };

    /// <summary>This kernel known to break these on any architecture, and nothing else.</summary>
    public Kernel Breaking(params ReadOnlySpan<InvariantId> invariants) =>
        new(Name, Version, Commit, Description, Paths, check: false) { Carried = Carried, Lacking = Lacking, Breaks = InvariantSet.Of(invariants), Waives = Waives };

    /// <summary>This kernel, which does not promise these, and nothing else.</summary>
    public Kernel Waiving(params ReadOnlySpan<InvariantId> invariants) =>
        new(Name, Version, Commit, Description, Paths, check: false) { Carried = Carried, Lacking = Lacking, Breaks = Breaks, Waives = InvariantSet.Of(invariants) };

    /// <summary>A kernel with one path that need not make sense: what a mutant is.</summary>
    internal Kernel Mutated(string name, string description, KernelPath path) =>
        new(name, Version, Commit, description, Merged([path]), check: false) { Carried = Carried, Lacking = Lacking, Breaks = Breaks, Waives = Waives, MayCrash = MayCrash };

    /// <summary>This kernel with paths that were read from C, which takes and gives locks back as its variables say: what is to be wrong with them shows when they are run.</summary>
    internal Kernel ReadFromSource(string name, string description, IReadOnlyList<KernelPath> paths) =>
        new(name, Version, Commit, description, Merged(paths), check: false) { Carried = Carried, Lacking = Lacking, Breaks = Breaks, Waives = Waives, MayCrash = true };

    /// <summary>A kernel with rules the other way round.</summary>
    internal Kernel Mutated(string name, string description, MmRules wrong) =>
        new(name, Version, Commit, description, Paths, check: false) { Carried = Carried, Lacking = Lacking, Breaks = Breaks, Waives = Waives, Wrong = wrong };

    /// <summary>This kernel with folios and slots as they really are (<see cref="MmRules.Clusters"/>).</summary>
    internal Kernel WithClusters() =>
        new(Name, Version, Commit, Description, Paths, check: false) { Carried = Carried, Lacking = Lacking, Breaks = Breaks, Waives = Waives, MayCrash = MayCrash, Wrong = Wrong ^ MmRules.Clusters };

    /// <summary>Whether one of its paths has the step that an operation is to be left standing in front of.</summary>
    internal bool HasStep(Until until) => Paths.Any(path => path.Steps.Any(step => until.Matches(path.Id, step)));

    /// <summary>What is wrong with its paths, found without running them; empty if nothing is.</summary>
    internal IEnumerable<string> Faults() => Paths.SelectMany(path => PathCheck.Faults(path, callee => Find(callee) is { } called ? PathCheck.SetBy(called, Find) : Locals.None)
        .Concat(DeepestCall(path) > Capacity.CallDepth ? [$"{path.Id.KernelName()}: its calls go deeper than a task remembers ({Capacity.CallDepth}, Capacity.CallDepth)"] : []));

    /// <summary>How many paths wait for the one that runs, at the most, when this one is gone.</summary>
    internal int DeepestCall(KernelPath path) => PathCheck.DepthOf(path, Find);

    private KernelPath? Find(PathId id) => _paths[(int)id];

    private KernelPath[] Merged(IReadOnlyList<KernelPath> replaced) => [.. Paths.Where(p => replaced.All(r => r.Id != p.Id)), .. replaced];

    /// <inheritdoc/>
    public override string ToString() => Name;
}
