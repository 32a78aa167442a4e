using System.Collections.Immutable;
using Hooks.Core.Mm;

namespace Hooks.Core.Workloads;

/// <summary>
/// Draws scenes: a short program, and two or three tasks that then go on beside each other, on a page or two, so that what they do meets. Besides using pages and paging them out there are a few kinds of operations in each
/// scene, drawn for it, and how often each comes is drawn too (swarm testing, Groce et al., ISSTA 2012): a race needs some operations often, and others that would cover it up not at all.
/// </summary>
internal static class SceneGenerator
{
    private const int MostBefore = 6;
    private const int Tries = 8;

    private static readonly int[] TaskWeights = [3, 1];
    private static readonly int[] PageWeights = [6, 1];
    private static readonly int[] EachWeights = [3, 4, 2];
    private static readonly int[] ActorWeights = [6, 2, 3];
    private static readonly int[] ExtraWeights = [5, 3, 2, 1];

    /// <summary>What swapping takes.</summary>
    private static readonly Verb[] Usual = [Verb.Write, Verb.Read, Verb.Pageout];

    /// <summary>What else there may be.</summary>
    private static readonly Verb[] Extras = [.. Generator.Verbs.Except(Usual)];

    /// <summary>How often an operation comes.</summary>
    private static readonly int[] Often = [1, 2, 4, 8];

    /// <summary>Draws one.</summary>
    /// <param name="choices">Where the choices come from.</param>
    /// <param name="large">Whether its pages may come in large folios.</param>
    /// <param name="byAddress">Whether it is for hooks that go by address: it has two pages, and of some tags are turned on later.</param>
    public static Scene Draw(Choices choices, bool large = false, bool byAddress = false)
    {
        var swap = Generator.DrawSwap(choices);
        ImmutableArray<SwapConfig> swaps = choices.OneIn(8) ? [swap, Generator.DrawSwap(choices)] : [swap];
        var disk = !swaps[0].Synchronous || !swaps[^1].Synchronous;
        var processes = choices.OneIn(3) ? 2 + choices.Next(2) : 1;
        var tagged = choices.OneIn(2);
        Span<Verb> pool = stackalloc Verb[256];
        pool = pool[..DrawPool(choices, pool, processes, tagged, large, byAddress)];
        var pages = large || byAddress ? 2 : 1 + choices.Weighted(PageWeights);
        var moves = pool.Contains(Verb.Mremap) || pool.Contains(Verb.UffdMove);
        var sketch = new Sketch(processes, pages + (moves ? 1 : 0), disk);
        var draw = new Generator.Drawing(choices, Generator.Themes.TagsLater | Generator.Themes.Access, swaps.Length, tagged, untagged: byAddress ? 2 : 8);

        var before = ImmutableArray.CreateBuilder<Operation>();
        if (large) Add(before, draw.MapLarge(pages), ref sketch);
        for (byte p = 0; p < pages; p++)
        {
            if (!large) Add(before, draw.Operation(Verb.Map, default, new Vpn(p), in sketch), ref sketch);
            if (!choices.OneIn(6)) Add(before, draw.Operation(tagged && choices.OneIn(2) ? Verb.Tag : Verb.Write, default, new Vpn(p), in sketch), ref sketch);
        }

        // A child shares what is there, or what was paged out.
        var (forks, out_) = (processes > 1, !choices.OneIn(3));
        if (forks && choices.OneIn(2)) Add(before, draw.Operation(Verb.Fork, default, default, in sketch), ref sketch);
        if (out_) Add(before, draw.Operation(large ? Verb.Reclaim : Verb.Pageout, default, default, in sketch), ref sketch);
        for (var (i, draws) = (0, choices.OneIn(2) ? 0 : choices.Next(MostBefore + 1)); i < draws && sketch.AnyAlive; i++)
        {
            if (TryDraw(choices, pool, in draw, in sketch, null, out var op)) Add(before, op, ref sketch);
        }

        if (forks && choices.OneIn(2)) Add(before, draw.Operation(Verb.Fork, default, default, in sketch), ref sketch);
        return new Scene(new Workload(swaps, before.ToImmutable()), DrawTogether(choices, pool, in draw, ref sketch), [.. pool]);
    }

    private static ImmutableArray<Operation> DrawTogether(Choices choices, ReadOnlySpan<Verb> pool, in Generator.Drawing draw, ref Sketch sketch)
    {
        var together = ImmutableArray.CreateBuilder<Operation>();
        var tasks = 2 + choices.Weighted(TaskWeights);

        // All their orders, one after the other, are 30 at the most.
        var left = tasks == 2 ? 6 : 5;
        for (var t = 0; t < tasks; t++)
        {
            var mm = sketch.Alive(choices.Next(sketch.Processes));
            var actor = DrawActor(choices, t);
            if (actor == Actor.First && together.Any(op => op.Actor == Actor.First && op.Mm == mm)) actor = Operation.Thread(t);
            if (actor == Actor.Kswapd && together.Any(op => op.Actor == Actor.Kswapd)) actor = Operation.Thread(t);
            var each = Math.Min(1 + choices.Weighted(EachWeights), left - (tasks - 1 - t));
            for (var i = 0; i < each; i++)
            {
                if (!TryDraw(choices, pool, in draw, in sketch, (mm, actor), out var op)) continue;
                Add(together, op, ref sketch);
                left--;
            }
        }

        return together.ToImmutable();
    }

    private static Actor DrawActor(Choices choices, int task) => task == 0 ? Actor.First : choices.Weighted(ActorWeights) switch
    {
        0 => Operation.Thread(task),
        1 => Actor.Kswapd,
        _ => Actor.First,
    };

    private static void Add(ImmutableArray<Operation>.Builder to, Operation op, ref Sketch sketch)
    {
        to.Add(op);
        sketch.Follow(op);
    }

    /// <summary>As many times as an operation is to be drawn, so that one choice picks it.</summary>
    private static int DrawPool(Choices choices, Span<Verb> pool, int processes, bool tagged, bool large, bool byAddress)
    {
        var size = 0;

        // A large folio goes out whole by reclaim, and what swapoff makes of it when it comes back is a question of its own.
        if (large) size = Fill(pool, Fill(pool, size, Verb.Reclaim, 4 * Often[choices.Next(3)]), Verb.SwapOff, choices.OneIn(2) ? 8 : 0);
        foreach (var verb in Usual) size = Fill(pool, size, verb, verb == Verb.Pageout || !choices.OneIn(4) ? 4 * Often[choices.Next(3)] : 0);
        if (tagged) size = Fill(pool, size, Verb.Tag, 4 * Often[choices.Next(3)]);
        if (tagged && byAddress) size = Fill(pool, size, Verb.Mprotect, 4 * Often[choices.Next(3)]);
        for (var left = choices.Weighted(ExtraWeights); left > 0; left--)
        {
            var verb = Extras[choices.Next(Extras.Length)];
            if (verb == Verb.Fork && processes == 1) continue;
            if (!tagged && verb is Verb.Tag or Verb.ReadTag) continue;
            size = Fill(pool, size, verb, 2 * Often[choices.Next(Often.Length)]);

            // What a pin lets a device do, and what there is to give back.
            if (verb is Verb.Pin or Verb.Dma or Verb.Unpin) size = Fill(pool, Fill(pool, Fill(pool, size, Verb.Pin, 4), Verb.Dma, 4), Verb.Unpin, 4);
            if (verb == Verb.SwapOn) size = Fill(pool, size, Verb.SwapOff, 4);
        }

        return size;
    }

    private static int Fill(Span<Verb> pool, int size, Verb verb, int weight)
    {
        pool.Slice(size, weight).Fill(verb);
        return size + weight;
    }

    private static bool TryDraw(Choices choices, ReadOnlySpan<Verb> pool, in Generator.Drawing draw, in Sketch sketch, (MmId Mm, Actor Actor)? task, out Operation op)
    {
        for (var tries = Tries; tries > 0; tries--)
        {
            var verb = task?.Actor == Actor.Kswapd ? Verb.Reclaim : pool[choices.Next(pool.Length)];
            var mm = task?.Mm ?? new MmId((byte)choices.Next(sketch.Processes));
            var page = new Vpn((byte)choices.Next(sketch.Pages));
            var asked = mm;

            // What another task does first may make it apply after all, so one in four is drawn without looking.
            if (!choices.OneIn(task is null ? 8 : 4) && !sketch.TryPlace(verb, ref mm, ref page)) continue;
            if (task is { Actor: not Actor.Kswapd }) mm = asked;
            op = draw.Operation(verb, mm, page, in sketch) with { Actor = task?.Actor ?? Actor.First };
            return true;
        }

        op = default;
        return false;
    }
}
