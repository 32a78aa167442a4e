using System.Collections.Immutable;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Workloads;

namespace Hooks.Properties.Search.Exploring;

/// <summary>Scopes in words.</summary>
internal static class Scopes
{
    /// <summary>All invariants.</summary>
    public static InvariantSet All { get; } = InvariantSet.Of([.. InvariantCatalogue.All.Select(i => i.Id)]);

    /// <summary>All programs of tasks, of so many operations.</summary>
    public static OpenPrograms Open(Kernel kernel, IArchitecture arch, string swap, string tasks, string verbs, int operations, int pages = 1, bool large = false)
    {
        var before = Machines.Program(swap);
        new Machine(kernel, arch).RunUnfinished(before, out var start);
        var who = tasks.Split(' ').Aggregate(BitSet<TaskId>.Empty, (set, name) => set.With(Enumerable.Range(0, Capacity.Tasks).Select(i => new TaskId((byte)i)).Single(t => t.ToString() == name)));
        ImmutableArray<Verb> words = [.. verbs.Split(' ').Select(w => Enum.GetValues<Verb>().Single(v => CaseText.Word(v) == w))];
        var processes = tasks.Contains("P1", StringComparison.Ordinal) ? 2 : 1;
        return new OpenPrograms(before, in start, who, operations, new Vocabulary(words, pages, before.Swaps.Length, processes, arch.Hooks(kernel).Metadata.Any, Disk: !before.Swaps[0].Synchronous, large).Of);
    }

    /// <summary>What comes first, and what runs together.</summary>
    public static FixedPrograms Fixed(Kernel kernel, IArchitecture arch, string swap, string[] first, params string[] together)
    {
        var before = Machines.Program(swap, first);
        new Machine(kernel, arch).RunUnfinished(before, out var start);
        return new FixedPrograms(before, in start, Machines.Program(swap, together).Operations);
    }

    /// <summary>Searches a scope whole.</summary>
    public static Exploration Searched(Kernel kernel, IArchitecture arch, Programs programs, ExploreOptions? options = null)
    {
        var search = new Exploration(kernel, arch, programs, All, options ?? new ExploreOptions());
        if (search.Run() != ExploreEnd.Whole) throw new InvalidOperationException("the scope is too large for a test");
        return search;
    }
}
