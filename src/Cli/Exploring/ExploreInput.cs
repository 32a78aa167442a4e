using System.Collections.Immutable;
using Hooks.Cli.Catalogues;
using Hooks.Cli.FromSource;
using Hooks.Cli.Replaying;
using Hooks.Core;
using Hooks.Core.Arch;
using Hooks.Core.Invariants;
using Hooks.Core.Kernels;
using Hooks.Core.Mm;
using Hooks.Core.Search.Exploring;
using Hooks.Core.Workloads;

namespace Hooks.Cli.Exploring;

/// <summary>All programs of some tasks: what the command line says of them.</summary>
/// <param name="Tasks">Names, or a number of threads.</param>
/// <param name="Verbs">Words; none: the usual ones.</param>
/// <param name="Operations">Operations at the most.</param>
/// <param name="Pages">Pages of each process.</param>
/// <param name="Large">Whether pages side by side may also be mapped so that they come in a large folio.</param>
internal sealed record OpenScope(string[] Tasks, string[] Verbs, int Operations, int Pages, bool Large);

/// <summary>What <c>explore</c> was asked to look at.</summary>
/// <param name="Kernel">The kernel.</param>
/// <param name="Architecture">The architecture.</param>
/// <param name="Tasks">The tasks that interleave.</param>
/// <param name="Verbs">What they may do; null: what the file says.</param>
/// <param name="Pages">Pages of each process.</param>
/// <param name="Asked">The invariants.</param>
/// <param name="Scope">The scope, of at most so many operations.</param>
/// <param name="Operations">How many there are.</param>
internal sealed record ExploreInput(Kernel Kernel, IArchitecture Architecture, BitSet<TaskId> Tasks, ImmutableArray<Verb>? Verbs, int Pages, InvariantSet Asked, Func<int, Programs> Scope, int Operations)
{
    /// <summary>Swap areas large enough that which of their slots is which does not matter.</summary>
    private const string UsualSwap = "zram slots=64";

    /// <summary>Whether pages side by side may also be mapped so that they come in a large folio.</summary>
    public bool IsLarge { get; init; }

    /// <summary>The tree that the kernel was read from; null: it is of the catalogue.</summary>
    public SourceInput? Source { get; init; }

    /// <summary>Of a command line without a file: programs of all kinds, from the beginning.</summary>
    public static ExploreInput Open(Kernel kernel, IArchitecture arch, InvariantSet asked, OpenScope scope, string? swap) =>
        Open(kernel, arch, asked, new Workload(Areas(swap ?? UsualSwap), []), scope);

    /// <summary>Of a file: what follows <c>together</c>, in all ways; or, where there is no such word, all programs from where the file's ends.</summary>
    public static ExploreInput Of(CaseFile file, Kernel kernel, IArchitecture arch, InvariantSet asked, OpenScope open)
    {
        var workload = file.Case.Workload;
        if (file.Case.Together is not { } together) return Open(kernel, arch, asked, workload, open);
        ImmutableArray<Operation> rest = [.. workload.Operations.Skip(together)];
        if (rest.Length == 0) throw new InputException($"{file.Shown}: nothing stands behind 'together'; expected operations of two tasks or more");
        foreach (var task in rest.GroupBy(op => op.Task).Where(t => t.Count() > FixedPrograms.MostOfOne)) throw new InputException($"{file.Shown}: {task.Key} has {task.Count()} operations behind 'together'; at most {FixedPrograms.MostOfOne} can be searched");
        var before = new Workload(workload.Swaps, [.. workload.Operations.Take(together)]);
        var start = Start(kernel, arch, before);
        var scope = new FixedPrograms(before, in start, rest);
        var who = rest.Aggregate(BitSet<TaskId>.Empty, (set, op) => set.With(op.Task));
        return new ExploreInput(kernel, arch, who, null, scope.Size.Pages, asked, _ => scope, rest.Length);
    }

    private static ExploreInput Open(Kernel kernel, IArchitecture arch, InvariantSet asked, Workload before, OpenScope scope)
    {
        if (scope is { Large: true, Pages: < 2 }) throw new InputException("--large: a large folio has two pages at least; expected --pages 2 or more beside it");
        var who = TasksOf(scope.Tasks);
        var tagged = arch.Hooks(kernel).Metadata != MetadataShape.None;
        ImmutableArray<Verb> words = scope.Verbs.Length == 0 ? Vocabulary.Usual(tagged) : [.. scope.Verbs.Select(VerbOf).Distinct()];
        var processes = 1;
        for (var left = who; left.Any; left = left.Rest) processes = Math.Max(processes, left.First.IsKswapd ? 1 : 1 + left.First.Mm.Value);
        var vocabulary = new Vocabulary(words, scope.Pages, before.Swaps.Length, processes, tagged, before.Swaps.Any(s => !s.Synchronous), scope.Large);
        for (var left = who; left.Any; left = left.Rest)
        {
            if (vocabulary.Of(left.First).Length > Move.MostChoices) throw new InputException($"--verbs: {left.First} may begin {vocabulary.Of(left.First).Length} operations; at most {Move.MostChoices} can be searched");
        }

        var start = Start(kernel, arch, before);
        return new ExploreInput(kernel, arch, who, words, scope.Pages, asked, n => new OpenPrograms(before, in start, who, n, vocabulary.Of), scope.Operations) { IsLarge = scope.Large };
    }

    private static World Start(Kernel kernel, IArchitecture arch, Workload before)
    {
        var broken = new Machine(kernel, arch).RunUnfinished(before, out var start);
        return broken.Count == 0 ? start : throw new InputException($"what comes first breaks {string.Join(", ", Names.Of(broken))} on {kernel.Name} and {arch.Name} already; 'hooks run' shows how");
    }

    private static ImmutableArray<SwapConfig> Areas(string text)
    {
        try
        {
            return CaseParser.Parse($"kernel any\narch any\nswap {text}\n", "--swap").Workload.Swaps;
        }
        catch (CaseSyntaxException e)
        {
            throw new InputException(e.Message[(e.Message.LastIndexOf(": ", StringComparison.Ordinal) is var at and > 0 ? at : 0)..].Insert(0, "--swap"));
        }
    }

    private static BitSet<TaskId> TasksOf(string[] words)
    {
        if (words is [{ } number] && int.TryParse(number, out var count))
        {
            if (count is < 1 or > Capacity.Threads) throw new InputException($"--tasks: {number} threads; expected 1 … {Capacity.Threads}, or names such as P0 P0.1 P1 kswapd");
            return BitSet<TaskId>.UpTo(count);
        }

        var set = BitSet<TaskId>.Empty;
        for (byte i = 0; i < Capacity.Tasks; i++)
        {
            if (words.Contains(new TaskId(i).ToString())) set = set.With(new TaskId(i));
        }

        var unknown = words.FirstOrDefault(w => !Enumerable.Range(0, Capacity.Tasks).Any(i => new TaskId((byte)i).ToString() == w));
        return unknown is null ? set : throw new InputException($"--tasks: unknown task '{unknown}'; expected 1 … {Capacity.Threads}, or names such as P0 P0.1 P1 kswapd");
    }

    private static Verb VerbOf(string word)
    {
        var verbs = Enum.GetValues<Verb>().Where(v => v != Verb.Go).ToList();
        var at = verbs.FindIndex(v => CaseText.Word(v) == word);
        return at >= 0 ? verbs[at] : throw new InputException($"--verbs: {Names.Unknown("operation", word, verbs.Select(CaseText.Word))}");
    }
}
