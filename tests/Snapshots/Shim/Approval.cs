using System.Collections.Concurrent;
using System.Text;
using VerifyTests;
using VerifyXunit;
using Xunit.Sdk;

namespace Hooks.Snapshots.Shim;

/// <summary>
/// One approved file and the received file beside it. Only a person approves: nothing here writes or deletes an approved file, and no setting,
/// argument or environment variable makes it.
/// </summary>
/// <param name="verifiedPath">The approved file, <c>Name.verified.ext</c>.</param>
/// <param name="receivedPath">What the test made when that was something else, <c>Name.received.ext</c>.</param>
/// <param name="show">Shows a mismatch, given the received and the approved file.</param>
internal sealed class Approval(string verifiedPath, string receivedPath, Func<string, string, Task> show)
{
    private static readonly ConcurrentDictionary<string, bool> Used = new(StringComparer.Ordinal);
    private static readonly UTF8Encoding Utf8WithMark = new(encoderShouldEmitUTF8Identifier: true);

    /// <summary>The approval of the running test.</summary>
    /// <exception cref="InvalidOperationException">The same file was verified before in this run; Verify refuses that too.</exception>
    public static Approval OfCurrentTest(VerifySettings settings, string sourceFile, string extension)
    {
        var folder = Path.GetDirectoryName(sourceFile)!;
        var stem = Path.Combine(folder, settings.Directory ?? "", Name(settings));
        var verified = $"{stem}.verified.{extension}";
        if (!Used.TryAdd(verified, true))
        {
            throw new InvalidOperationException(
                $"{verified} was verified twice in one run. Make the second verification a test of its own, or a row of a theory.");
        }

        return new Approval(verified, $"{stem}.received.{extension}", DiffTool.Show);
    }

    /// <summary>Passes if the approved file says <paramref name="received"/>; otherwise writes the received file and fails.</summary>
    /// <exception cref="XunitException">The approved file is missing or says something else.</exception>
    public async Task Check(string received)
    {
        // A diff tool may have made an empty file to compare with; that approves nothing, not even an empty text.
        if (!File.Exists(verifiedPath) || new FileInfo(verifiedPath).Length == 0)
        {
            await WriteReceived(received);
            throw Failure("Not approved yet", ReadableDiff.Between("", received));
        }

        var approved = await File.ReadAllTextAsync(verifiedPath);
        if (string.Equals(approved, received, StringComparison.Ordinal))
        {
            File.Delete(receivedPath);
            return;
        }

        await WriteReceived(received);
        await show(receivedPath, verifiedPath);
        throw Failure("Not as approved", ReadableDiff.Between(approved, received));
    }

    private static string Name(VerifySettings settings)
    {
        if (settings.FileName is not null)
            return settings.FileName;

        var method = UseVerifyAttribute.CurrentTest();
        var type = settings.TypeName ?? ApprovedName.OfType(method.ReflectedType!);
        return $"{type}.{settings.MethodName ?? method.Name}{ApprovedName.OfParameters(method, settings.Parameters ?? [])}";
    }

    private async Task WriteReceived(string received)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(receivedPath)!);
        await File.WriteAllTextAsync(receivedPath, received, Utf8WithMark);
    }

    private XunitException Failure(string what, string diff) => new(
        $"""
        {what}: {verifiedPath}

        {diff}

        If the new text (+) is right, approve it:
          mv '{receivedPath}' '{verifiedPath}'
        """);
}
