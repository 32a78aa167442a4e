using System.Runtime.CompilerServices;
using Hooks.Snapshots.Cli;
using Xunit;

namespace Hooks.Snapshots;

[Collection(WorkingDirectory.Name)]
public class ReadmeTests
{
    [Fact]
    public void The_failure_that_the_README_shows_is_what_check_prints()
    {
        var shown = Block("v5.18 on arm64: tag-preservation");
        using var folder = new OwnFolder();
        var printed = folder.RunInside("check --kernel v5.18 v5.19 series-v1-1 debian-6.1.192-norestore-noprepare --arch arm64 --workloads 2000 --details");
        Assert.Contains(shown, printed, StringComparison.Ordinal);
    }

    [Fact]
    public void The_case_that_the_README_shows_fails_as_it_says() =>
        Assert.EndsWith("fails as the file says\n---\nexit 0", Command.Run("run -", Block("# a child forked while") + "\n"), StringComparison.Ordinal);

    [Fact]
    public void The_race_that_the_README_shows_fails_as_it_says_and_not_on_v6_8()
    {
        var race = Block("# two faults on one swap entry") + "\n";
        Assert.EndsWith("fails as the file says\n---\nexit 0", Command.Run("run -", race), StringComparison.Ordinal);
        Assert.Contains("v6.8 on none does not break this case", Command.Run("run - --kernel v6.8", race), StringComparison.Ordinal);
    }

    [Fact]
    public void The_picture_that_the_README_shows_is_what_run_draws()
    {
        using var folder = new OwnFolder();
        var (drawn, races) = (Path.Combine(folder.Path, "race.svg"), Path.Combine(Root(), "docs", "races"));
        Command.RunIn(Root(), $"run docs/races/13ddaf26be32.case --svg {drawn}");
        Assert.Equal(File.ReadAllText(Path.Combine(races, "13ddaf26be32.svg")), File.ReadAllText(drawn));
    }

    private static string Root([CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", ".."));

    /// <summary>The fenced block of README.md that begins with a text.</summary>
    private static string Block(string beginning, [CallerFilePath] string thisFile = "")
    {
        var readme = File.ReadAllText(Path.Combine(Path.GetDirectoryName(thisFile)!, "..", "..", "README.md")).ReplaceLineEndings("\n");
        var start = readme.IndexOf("```\n" + beginning, StringComparison.Ordinal) + "```\n".Length;
        return readme[start..readme.IndexOf("\n```", start, StringComparison.Ordinal)];
    }
}
