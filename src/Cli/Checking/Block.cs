namespace Hooks.Cli.Checking;

/// <summary>
/// A part of what a pair is given: the same size however much that is, whoever runs it, and when. It is searched by itself (what another block has found is looked for again, and the earlier block's case stays), so that blocks can be run
/// at the same time, on several machines, and until time is up, and still come to the same.
/// </summary>
/// <param name="Number">Which, counted from 0.</param>
/// <param name="Workloads">How many workloads it has.</param>
/// <param name="Large">How many with large folios.</param>
/// <param name="Schedules">How many interleaved runs it has.</param>
internal readonly record struct Block(long Number, long Workloads, long Large, long Schedules)
{
    /// <summary>The workloads of a whole block: what <c>check</c> runs if nothing else is asked for.</summary>
    public const long MostWorkloads = 20_000;

    /// <summary>The interleaved runs of a whole block.</summary>
    public const long MostSchedules = MostWorkloads / 2;

    /// <summary>The workloads with large folios of a whole block.</summary>
    public const long MostLarge = MostWorkloads / 4;

    /// <summary>The number of its first workload with large folios.</summary>
    public long FirstLarge => Number * MostLarge;

    /// <summary>All that it runs.</summary>
    public long Runs => Workloads + Large + Schedules;

    /// <summary>The number of its first workload.</summary>
    public long FirstWorkload => Number * MostWorkloads;

    /// <summary>The number of its first interleaved run.</summary>
    public long FirstSchedule => Number * MostSchedules;

    /// <summary>The blocks of so many workloads and schedules.</summary>
    public static IEnumerable<Block> Of(long workloads, long large, long schedules)
    {
        for (var i = 0L; i == 0 || workloads > 0 || large > 0 || schedules > 0; i++)
        {
            yield return new Block(i, Math.Min(workloads, MostWorkloads), Math.Min(large, MostLarge), Math.Min(schedules, MostSchedules));
            workloads = Math.Max(0, workloads - MostWorkloads);
            large = Math.Max(0, large - MostLarge);
            schedules = Math.Max(0, schedules - MostSchedules);
        }
    }
}
