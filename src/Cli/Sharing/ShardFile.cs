using System.Text.Json;
using Hooks.Cli.Checking;
using Hooks.Core.Search.Strategies;

namespace Hooks.Cli.Sharing;

/// <summary>What a shard has found, as a file for <c>hooks merge</c>: all that the whole check has to know of it. Only the build that wrote it reads it.</summary>
/// <param name="Hooks">The version that wrote it.</param>
/// <param name="Shard">Which part of how many.</param>
/// <param name="Seed">The seed.</param>
/// <param name="Workloads">Workloads of each pair, of all shards together.</param>
/// <param name="Large">Workloads with large folios of each pair, of all shards together.</param>
/// <param name="Schedules">Interleaved runs of each pair, of all shards together.</param>
/// <param name="Strategy">How they are scheduled.</param>
/// <param name="Preemptions">With how many preemptions.</param>
/// <param name="Kernels">The kernels.</param>
/// <param name="Archs">The architectures.</param>
/// <param name="Kept">The cases of earlier runs that it has replayed, and whether they still fail.</param>
/// <param name="Pairs">The pairs of which it has run something.</param>
/// <param name="Unfinished">The pairs of which it has not run all that is its own; left out if there are none.</param>
internal sealed record ShardFile(
    string Hooks,
    string Shard,
    ulong Seed,
    long Workloads,
    long Large,
    long Schedules,
    string Strategy,
    int Preemptions,
    IReadOnlyList<string> Kernels,
    IReadOnlyList<string> Archs,
    IReadOnlyDictionary<string, bool> Kept,
    IReadOnlyList<PairPart> Pairs,
    IReadOnlyList<PairName>? Unfinished)
{
    /// <summary>Longer than any: what is longer is some other file.</summary>
    private const long MaxLength = 1L << 30;

    /// <summary>Where a shard is written, if nothing else is asked for.</summary>
    public static string UsualFile(Shard shard) => $".hooks/parts/{shard.Number}-of-{shard.Of}.json";

    /// <summary>Of what was run so far.</summary>
    public static ShardFile Of(CheckOptions options, Shard shard, IReadOnlyList<PairRun> pairs, IEnumerable<KeptCase> kept) => new(
        HooksCommand.Version,
        shard.ToString(),
        options.Seed,
        options.Workloads,
        options.Large,
        options.Scheduling.Schedules,
        options.Scheduling.Strategy.ToString().ToLowerInvariant(),
        options.Scheduling.Preemptions,
        [.. options.Kernels.Select(k => k.Name)],
        [.. options.Architectures.Select(a => a.Name)],
        kept.Where(k => k.Replayed).ToDictionary(k => k.File, k => k.StillFails),
        [.. pairs.Where(p => p.Found is not null).Select(p => PairPart.Of(p.Found!))],
        pairs.All(p => p.IsFinished) ? null : [.. pairs.Where(p => !p.IsFinished).Select(p => new PairName(p.Kernel.Name, p.Architecture.Name))]);

    /// <summary>Writes it.</summary>
    /// <exception cref="InputException">It cannot be written.</exception>
    public void Write(string file)
    {
        try
        {
            if (Path.GetDirectoryName(file) is { Length: > 0 } folder) Directory.CreateDirectory(folder);
            WholeFile.Write(file, JsonText.Of(this, JsonTypes.Default.ShardFile) + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new InputException($"--part: cannot write '{file}': {(e is UnauthorizedAccessException ? "permission denied, or a directory" : e.Message)}");
        }
    }

    /// <summary>Reads one.</summary>
    /// <exception cref="InputException">It cannot be read, or is none, or of another build.</exception>
    public static ShardFile Read(string file)
    {
        try
        {
            if (Directory.Exists(file)) throw new InputException($"{file}: is a directory; expected a file that 'hooks check --shard' has written");
            var info = new FileInfo(file);
            if (!info.Exists) throw new InputException($"{file}: no such file");
            if (info.Length is 0 or > MaxLength) throw NoPart(file);
            using var stream = File.OpenRead(file);
            var part = JsonSerializer.Deserialize(stream, JsonTypes.Default.ShardFile) ?? throw NoPart(file);
            if (part.Hooks != HooksCommand.Version) throw part.Hooks is null ? NoPart(file) : new InputException($"{file}: was written by {part.Hooks}, and this is {HooksCommand.Version}; parts and merge must be of one build");
            if (new object?[] { part.Shard, part.Strategy, part.Kernels, part.Archs, part.Kept, part.Pairs }.Contains(null) || Sharing.Shard.Parse(part.Shard) is null) throw NoPart(file);
            return part;
        }
        catch (JsonException)
        {
            throw NoPart(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{file}: cannot be read: {(e is UnauthorizedAccessException ? "permission denied" : e.Message)}");
        }
    }

    /// <summary>What all parts of one check have in common, in words.</summary>
    public string Task => $"--seed {Seed} --workloads {Workloads} --large {Large} --schedules {Schedules} --strategy {Strategy} --preemptions {Preemptions} --kernel {string.Join(' ', Kernels)} --arch {string.Join(' ', Archs)}";

    /// <summary>How interleaved runs were scheduled; null if the words are no such.</summary>
    public Scheduling? Scheduling => Enum.TryParse<ScheduleStrategy>(Strategy, ignoreCase: true, out var strategy) ? new Scheduling(Schedules, strategy, Preemptions) : null;

    /// <summary>What to say of a file that is something else.</summary>
    internal static InputException NoPart(string file) => new($"{file}: is not a part of a check; expected a file that 'hooks check --shard' has written");
}

/// <summary>A kernel on an architecture, by their names.</summary>
internal sealed record PairName(string Kernel, string Arch);
