import common.keys
import django.db.models.deletion
from common.postgres.storage import HISTORY, KeepAs
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '__first__'),
        ('resources', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Bill',
            fields=[
                ('id', models.UUIDField(default=common.keys.uuid7, editable=False, primary_key=True, serialize=False)),
                ('subject_type', models.CharField(max_length=40)),
                ('subject_id', models.CharField(max_length=40)),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('created_at', models.DateTimeField(verbose_name='at')),
                ('venue', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='bills', to='resources.venue', verbose_name='venue')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('venue', 'subject_type', 'subject_id'), name='bill_once_per_subject')],
            },
        ),
        migrations.CreateModel(
            name='Payment',
            fields=[
                ('id', models.UUIDField(default=common.keys.uuid7, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('charge', 'Charge'), ('refund', 'Refund')], max_length=10, verbose_name='kind')),
                ('amount', models.DecimalField(decimal_places=4, max_digits=12, verbose_name='amount')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('provider', models.CharField(default='manual', max_length=30, verbose_name='provider')),
                ('provider_reference', models.CharField(blank=True, max_length=200, verbose_name='reference')),
                ('of_reference', models.CharField(blank=True, help_text='The reference of the charge.', max_length=200, verbose_name='refund of')),
                ('status', models.CharField(choices=[('pending', "In progress"), ('succeeded', 'Succeeded'), ('failed', 'Failed')], max_length=10, verbose_name='status')),
                ('is_hosted', models.BooleanField(default=False)),
                ('checkout_reference', models.CharField(blank=True, max_length=200)),
                ('checkout_url', models.TextField(blank=True)),
                ('looked_up_at', models.DateTimeField(blank=True, null=True)),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                ('created_at', models.DateTimeField(verbose_name='at')),
                ('actor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='by whom')),
                ('bill', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='payments.bill')),
                ('venue', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='resources.venue', verbose_name='venue')),
            ],
            options={
                'verbose_name': 'payment',
                'verbose_name_plural': 'payments',
                'ordering': ('created_at', 'id'),
                'indexes': [models.Index(fields=['venue', 'created_at', 'id'], name='payment_by_venue'), models.Index(fields=['bill', 'created_at', 'id'], name='payment_by_bill'), models.Index(condition=models.Q(('status', 'pending')), fields=['created_at'], name='payment_under_way')],
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='payment_amount_positive'), models.CheckConstraint(condition=models.Q(('kind__in', ['charge', 'refund'])), name='payment_kind_known'), models.CheckConstraint(condition=models.Q(('status__in', ['pending', 'succeeded', 'failed'])), name='payment_status_known'), models.UniqueConstraint(condition=models.Q(('provider_reference', ''), _negated=True), fields=('venue', 'provider', 'provider_reference'), name='payment_reference_once')],
            },
        ),
        KeepAs('Payment', HISTORY),
    ]
