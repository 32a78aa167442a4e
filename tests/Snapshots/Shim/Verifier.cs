using System.Runtime.CompilerServices;
using Hooks.Snapshots.Shim;
using VerifyTests;

namespace VerifyXunit;

/// <summary>
/// A stand-in for Verify.Xunit 31, which not every machine can restore: the part of its API these tests use, under its own names, with the
/// same files. <c>dotnet test -p:UseVerify=true</c> leaves this folder out and takes the package. The signatures are the package's: add none.
/// </summary>
public static class Verifier
{
    /// <summary>Compares a text with the approved <c>.verified.txt</c> beside the test's source.</summary>
    public static SettingsTask Verify(string? target, VerifySettings? settings = null, [CallerFilePath] string sourceFile = "") =>
        Verify(target, "txt", settings, sourceFile);

    /// <summary>Compares a text with the approved <c>.verified.{extension}</c>.</summary>
    public static SettingsTask Verify(
        string? target, string extension, VerifySettings? settings = null, [CallerFilePath] string sourceFile = "") =>
        Verify(Task.FromResult(target!), extension, settings, sourceFile);

    /// <summary>Awaits a text and compares it with the approved <c>.verified.txt</c>.</summary>
    public static SettingsTask Verify(Task<string> target, VerifySettings? settings = null, [CallerFilePath] string sourceFile = "") =>
        Verify(target, "txt", settings, sourceFile);

    /// <summary>Awaits a text and compares it with the approved <c>.verified.{extension}</c>.</summary>
    public static SettingsTask Verify(
        Task<string> target, string extension, VerifySettings? settings = null, [CallerFilePath] string sourceFile = "") =>
        new(settings, async effective =>
        {
            var approval = Approval.OfCurrentTest(effective, sourceFile, extension);
            var text = await target;

            // Verify puts words of its own in place of these, which have changed between versions; an empty approval says nothing anyway.
            if (string.IsNullOrEmpty(text))
                throw new ArgumentException("There is no text to verify: it is null or empty.", nameof(target));

            await approval.Check(effective.Scrub(text));
        });
}
