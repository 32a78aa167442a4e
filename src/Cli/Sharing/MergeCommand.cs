using System.CommandLine;
using Hooks.Cli.Catalogues;
using Hooks.Cli.Checking;
using Hooks.Cli.Terminal;

namespace Hooks.Cli.Sharing;

/// <summary><c>hooks merge FILE…</c>: the parts of a check as the check that they are parts of, to the byte.</summary>
internal static class MergeCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Screen screen)
    {
        var files = new Argument<string[]>("FILE") { Description = "What 'hooks check --shard' has written: every part, in any order.", Arity = ArgumentArity.OneOrMore };
        CommonOptions.RefuseOptions(files);
        var (end, json) = (new EndOptions(), CommonOptions.Json());
        var command = new DocumentedCommand("merge", "Put the parts of a check together: what one run would print and save, to the byte.")
        {
            Examples =
            [
                "hooks check --workloads 1000000 --shard 1/2      on one machine",
                "hooks check --workloads 1000000 --shard 2/2      on another",
                "hooks merge .hooks/parts/*-of-2.json",
                "hooks merge parts/*.json --format junit > hooks.xml",
            ],
            ExitCodes = ["0    every pair breaks what the catalogue expects of it and nothing else", "1    some pair does not, or an invariant was never put to the test", "2    bad usage or input: a part is missing, or of another check", "130  a part was interrupted"],
        };
        command.Arguments.Add(files);
        command.Options.Add(json);
        end.AddTo(command);
        command.SetAction(parsed =>
        {
            var values = end.Read(parsed, parsed.GetValue(json));
            return values.Format == CheckFormat.Mail ? throw new InputException("--format mail is for a kernel's source: hooks check --source DIR --format mail") : Run(screen, parsed.GetValue(files)!, values);
        });
        return command;
    }

    private static int Run(Screen screen, string[] names, EndOptions.Values end)
    {
        var parts = names.Distinct(StringComparer.Ordinal).Select(name => (Name: name, Part: ShardFile.Read(name))).ToList();
        RefuseOthers(parts);
        var first = parts[0].Part;
        var options = new CheckOptions(
            [.. first.Kernels.Select(Names.Kernel)],
            [.. first.Archs.Select(Names.Architecture)],
            first.Workloads,
            first.Large,
            first.Seed,
            Jobs: 1,
            end.Json,
            end.Out,
            Progress: false,
            first.Scheduling ?? throw ShardFile.NoPart(parts[0].Name),
            end.Details,
            Save: end.Save)
        { Format = end.Format, Html = end.Html };
        PairRun[] pairs = [.. options.Kernels.SelectMany(k => options.Architectures.Select(a => new PairRun(k, a, options.Scheduling, [])))];
        foreach (var (name, part) in parts)
        {
            foreach (var piece in part.Pairs)
            {
                var pair = Array.Find(pairs, p => p.Kernel.Name == piece.Kernel && p.Architecture.Name == piece.Arch) ?? throw ShardFile.NoPart(name);
                pair.Add(piece.Restore(pair.Kernel, pair.Architecture) ?? throw new InputException($"{name}: what it says of {piece.Kernel} on {piece.Arch} does not come out here; are plugins or an architecture's source not the same?"));
            }
        }

        var unfinished = parts.SelectMany(p => p.Part.Unfinished ?? []).ToHashSet();
        foreach (var pair in pairs) pair.EndAsMerged(options.Workloads + options.Large + options.Scheduling.Schedules, complete: !unfinished.Contains(new PairName(pair.Kernel.Name, pair.Architecture.Name)));
        var kept = new KeptReport(parts.Sum(p => p.Part.Kept.Count), [.. parts.SelectMany(p => p.Part.Kept).Where(k => !k.Value).Select(k => k.Key).Order(StringComparer.Ordinal)]);
        return CheckEnd.Of(screen, options, pairs, end.Save ? CaseFolder.Prepare(end.Out) : CaseFolder.ToRead(end.Out), kept);
    }

    /// <summary>Parts of another check, parts that are there twice, and parts that are not there.</summary>
    private static void RefuseOthers(List<(string Name, ShardFile Part)> parts)
    {
        var (name, first) = parts[0];
        if (parts.Find(p => p.Part.Task != first.Task) is { Part: not null } other) throw new InputException($"{other.Name}: is part of another check than {name}:\n  {other.Part.Task}\n  {first.Task}");
        var shards = parts.Select(p => (p.Name, Shard: Shard.Parse(p.Part.Shard)!.Value)).ToList();
        var of = shards[0].Shard.Of;
        if (shards.Find(s => s.Shard.Of != of) is { Name: not null } split) throw new InputException($"{split.Name}: is part {split.Shard}, and {name} one of {of}");
        if (shards.GroupBy(s => s.Shard).FirstOrDefault(g => g.Count() > 1) is { } twice) throw new InputException($"part {twice.Key} is there twice: {string.Join(" and ", twice.Select(s => s.Name))}");
        var missing = Enumerable.Range(1, of).Except(shards.Select(s => s.Shard.Number)).ToList();
        if (missing.Count > 0) throw new InputException($"of {of} parts {missing.Count} {(missing.Count == 1 ? "is" : "are")} missing: {string.Join(", ", missing.Take(10))}{(missing.Count > 10 ? " …" : "")}; 'hooks check --shard {missing[0]}/{of}' with the options of the others makes one");
    }
}
