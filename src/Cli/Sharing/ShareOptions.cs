using System.CommandLine;
using System.Globalization;
using Hooks.Cli.Checking;

namespace Hooks.Cli.Sharing;

/// <summary>How much of a check is run, and where: <c>--time</c>, <c>--shard</c>, <c>--part</c>.</summary>
internal sealed class ShareOptions
{
    private readonly Option<TimeSpan> _time = new("--time")
    {
        Description = $"Go on for so long, in place of --workloads: as many rounds of {Block.MostWorkloads} workloads each as fit, one at least. 90s, 10m, 8h.",
        HelpName = "TIME",
        CustomParser = result =>
        {
            var word = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (Parse(word) is { } time) return time;
            result.AddError($"--time: '{word}' is not a time; expected one such as 90s, 10m or 8h");
            return default;
        },
    };

    private readonly Option<Shard> _shard = new("--shard")
    {
        Description = "Run the I-th of N parts only, and write what came of it to a file for 'hooks merge'.",
        HelpName = "I/N",
        CustomParser = result =>
        {
            var word = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
            if (Shard.Parse(word) is { } shard) return shard;
            result.AddError($"--shard: '{word}' is not a part; expected one such as 3/8, of 1/1 … {Shard.Most}/{Shard.Most}");
            return default;
        },
    };

    private readonly Option<string?> _part = new("--part") { Description = $"That file. [default: {ShardFile.UsualFile(new Shard(1, 1)).Replace("1-of-1", "I-of-N", StringComparison.Ordinal)}]", HelpName = "FILE" };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _time, _shard, _part }) command.Options.Add(option);
    }

    /// <summary>Reads them.</summary>
    /// <exception cref="InputException">They contradict others.</exception>
    public CheckOptions Read(ParseResult parsed, Option<long> workloads, Option<long> large, Option<long> schedules, CheckOptions options)
    {
        TimeSpan? time = parsed.GetResult(_time) is { Implicit: false } ? parsed.GetValue(_time) : null;
        Shard? shard = parsed.GetResult(_shard) is { Implicit: false } ? parsed.GetValue(_shard) : null;
        if (time is not null && shard is not null) throw new InputException("--time and --shard cannot be given together: parts that the clock ends are not parts of one whole. Use --workloads");
        if (time is not null && parsed.GetResult(workloads) is { Implicit: false }) throw new InputException("--time and --workloads cannot be given together: either says how much is run");
        if (time is not null && parsed.GetResult(large) is { Implicit: false } && options.Large > 0) throw new InputException("--time and --large cannot be given together, but for --large 0: the time says how much is run");
        if (time is not null && parsed.GetResult(schedules) is { Implicit: false } && options.Scheduling.Schedules > 0) throw new InputException("--time and --schedules cannot be given together, but for --schedules 0: the time says how much is run");
        if (shard is not null && (options.Json || options.Format != CheckFormat.Text || options.Html is not null)) throw new InputException($"{(options.Json ? "--json" : options.Html is not null ? "--html" : "--format")} and --shard cannot be given together: a part is a file, and 'hooks merge' has that option");
        if (shard is null && parsed.GetValue(_part) is not null) throw new InputException("--part needs --shard I/N, the part that is to be written there");
        return options with { Time = time, Shard = shard, Part = parsed.GetValue(_part) };
    }

    /// <summary><c>90s</c>, <c>10m</c>, <c>8h</c>; null if it is none of these, or no time at all.</summary>
    internal static TimeSpan? Parse(string word)
    {
        if (word.Length < 2 || !int.TryParse(word[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0) return null;
        return word[^1] switch
        {
            's' => TimeSpan.FromSeconds(number),
            'm' => TimeSpan.FromMinutes(number),
            'h' => TimeSpan.FromHours(number),
            _ => null,
        };
    }
}
