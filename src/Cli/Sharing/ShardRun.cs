using System.Diagnostics;
using Hooks.Cli.Checking;
using Hooks.Cli.Terminal;

namespace Hooks.Cli.Sharing;

/// <summary><c>check --shard</c>: a part of a check, and its file.</summary>
internal static class ShardRun
{
    /// <summary>So often the file is written anew while the part runs, so that what a machine has found does not go with it.</summary>
    private static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(10);

    /// <summary>Runs it.</summary>
    /// <returns>0 if it was run to the end, whatever it has found: the verdict is the whole check's.</returns>
    public static int Of(Screen screen, CheckOptions options, Shard shard, IReadOnlyList<PairRun> pairs, IReadOnlyList<KeptCase> kept)
    {
        var file = options.Part ?? ShardFile.UsualFile(shard);
        var written = Stopwatch.GetTimestamp();

        // A long run must not end in its first failed write.
        Write();
        Campaign.Run(screen, options, pairs, _ =>
        {
            if (Stopwatch.GetElapsedTime(written) < WriteEvery) return;
            Write();
            written = Stopwatch.GetTimestamp();
        });
        Write();
        var interrupted = screen.Interrupted.IsCancellationRequested && pairs.Any(p => p.Found is { Complete: false } || p.Result is null);
        var found = pairs.Sum(p => p.Found?.All().Count() ?? 0);
        screen.Line($"Part {shard.Number} of {shard.Of}{(interrupted ? ", interrupted" : "")}: {Judgement.Count(pairs.Count(p => p.Found is not null), "pair")} of kernel and architecture, {Judgement.Count(found, "minimal case")}, in {file}");
        screen.Line("What it comes to, all parts together say: hooks merge");
        return interrupted ? ExitCode.Interrupted : ExitCode.AsExpected;

        void Write() => ShardFile.Of(options, shard, pairs, kept).Write(file);
    }
}
