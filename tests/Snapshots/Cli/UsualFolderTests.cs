using Xunit;

namespace Hooks.Snapshots.Cli;

/// <summary>Where cases are kept if nobody says where.</summary>
[Collection(WorkingDirectory.Name)]
public sealed class UsualFolderTests : IDisposable
{
    private readonly OwnFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("check --kernel v5.18 --arch arm64 --workloads 2000", ".hooks/cases", "v5.18-arm64-tag-preservation.case")]
    [InlineData("zoo stable-writes --seeds 1 --no-times", ".hooks/zoo", "stable-writes.case")]
    public void Cases_are_kept_in_the_working_directory(string commandLine, string kept, string file)
    {
        var printed = folder.RunInside(commandLine);
        Assert.True(File.Exists(Path.Combine(folder.Path, kept, file)));
        Assert.Contains($"saved in {kept}", printed, StringComparison.Ordinal);
    }
}
