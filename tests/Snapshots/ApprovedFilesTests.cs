using System.Runtime.CompilerServices;
using Xunit;

namespace Hooks.Snapshots;

/// <summary>An approved file that no test owns fails the run, with the shim and with Verify alike.</summary>
public class ApprovedFilesTests
{
    [Fact]
    public void EveryApprovedFileHasATest()
    {
        var orphans = ApprovedFiles.Orphans(SourceFolder(), typeof(ApprovedFilesTests).Assembly.GetExportedTypes());

        Assert.True(
            orphans.Count == 0,
            "No test owns these approved files (its class, method or row of data is gone or renamed, its extension is another, or its source is in another folder).\n"
            + "Delete them, give the test its old name back, or say its extension with [ApprovedAs]:\n  rm " + string.Join("\n  rm ", orphans));
    }

    [Fact]
    public void EveryApprovedFileIsUtf8WithAMarkAndLineFeeds()
    {
        var malformed = ApprovedFiles.Below(SourceFolder())
            .Select(file => (File: file, Fault: ApprovedFiles.Malformation(File.ReadAllBytes(file))))
            .Where(entry => entry.Fault is not null)
            .Select(entry => $"{entry.File}: {entry.Fault}")
            .ToArray();

        Assert.True(malformed.Length == 0, "Approved files are UTF-8 with a byte order mark and \\n:\n" + string.Join('\n', malformed));
    }

    private static string SourceFolder([CallerFilePath] string sourceFile = "") => Path.GetDirectoryName(sourceFile)!;
}
